//! Where a C function's results go.

use std::ptr;

/// Where a result goes. NULL, if the caller doesn't want it.
pub(super) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// # Safety
    ///
    /// `place` is NULL, or can be written to for as long as this exists.
    pub(super) unsafe fn new(place: *mut T) -> Self {
        Out(place)
    }

    pub(super) fn is_unwanted(&self) -> bool {
        self.0.is_null()
    }

    pub(super) fn put(&self, value: T) {
        if !self.0.is_null() {
            // SAFETY: `new` was promised that this place can be written to.
            unsafe { self.0.write(value) }
        }
    }
}

/// A place for a pointer, which is NULL unless the call succeeds.
pub(super) trait OutPointer {
    fn clear(&self);
}

impl<T> OutPointer for Out<*mut T> {
    fn clear(&self) {
        self.put(ptr::null_mut());
    }
}
