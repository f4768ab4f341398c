//! Messages in memory that the host frees.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

/// Puts a copy of the text where SQLite looks for a message. Where there is no memory for it, there is none.
///
/// # Safety
///
/// `place` is NULL or can be written to, and `allocate` is SQLite's own allocator.
pub(crate) unsafe fn put(place: *mut *mut c_char, allocate: impl FnOnce(c_int) -> *mut c_void, text: &str) {
    if place.is_null() {
        return;
    }
    let Ok(size) = c_int::try_from(text.len() + 1) else { return };
    let memory = allocate(size).cast::<u8>();
    if memory.is_null() {
        return;
    }
    // SAFETY: the memory has room for the text and a NUL, and the pointer to it is the caller's promise.
    unsafe {
        ptr::copy_nonoverlapping(text.as_ptr(), memory, text.len());
        memory.add(text.len()).write(0);
        place.write(memory.cast());
    }
}
