//! A node of a cluster.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use ureq::http::Uri;

/// Where a node answers. Displayed, without the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Node {
    /// Scheme, host and port.
    origin: String,
    /// The value of the header, if the URL has a user.
    authorization: Option<String>,
}

/// What isn't the URL of a node.
#[derive(Debug, thiserror::Error)]
pub enum NotANode {
    /// Something else.
    #[error("pass the URL of a node, such as http://127.0.0.1:4001")]
    Other,
    /// `https`, and the program was built without it.
    #[error("this program was built without https; build it with --features tls")]
    Tls,
}

impl FromStr for Node {
    type Err = NotANode;

    fn from_str(url: &str) -> Result<Self, NotANode> {
        let uri: Uri = url.parse().map_err(|_| NotANode::Other)?;
        let (Some(scheme @ ("http" | "https")), Some(authority), "/", None) =
            (uri.scheme_str(), uri.authority(), uri.path(), uri.query())
        else {
            return Err(NotANode::Other);
        };
        if scheme == "https" && !cfg!(feature = "tls") {
            return Err(NotANode::Tls);
        }
        let (user, host) = match authority.as_str().rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority.as_str()),
        };
        let basic = |user: &str| {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            let mut bytes: Vec<u8> = percent_decode_str(name).collect();
            bytes.push(b':');
            bytes.extend(percent_decode_str(password));
            format!("Basic {}", BASE64_STANDARD.encode(bytes))
        };
        Ok(Node { origin: format!("{scheme}://{host}"), authorization: user.map(basic) })
    }
}

impl Node {
    /// The URL of one of its endpoints.
    pub(crate) fn url(&self, endpoint: &str) -> String {
        format!("{}{endpoint}", self.origin)
    }

    pub(crate) fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
