//! Users of this system.

use std::fs;
use std::io;

/// Where they stand.
pub(crate) const USERS: &str = "/etc/passwd";

/// Number and group of the user of that name or number; `None` where there is none, or it has root's rights.
///
/// # Errors
/// When the list of users cannot be read.
pub(crate) fn find(user: &str) -> io::Result<Option<(u32, u32)>> {
    Ok(among(&fs::read_to_string(USERS)?, user))
}

fn among(users: &str, user: &str) -> Option<(u32, u32)> {
    let found = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, uid, gid) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        (name == user || uid == user).then_some((uid.parse().ok()?, gid.parse().ok()?))
    });
    found.filter(|(uid, gid)| *uid != 0 && *gid != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_name_and_by_number() {
        let users = "root:x:0:0::/root:/bin/sh\nbroken\nnobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin\n\
                     toor:x:0:7::/root:/bin/sh\nwheel:x:8:0::/root:/bin/sh\n";
        for user in ["nobody", "65534"] {
            assert_eq!(among(users, user), Some((65534, 65533)));
        }
        for user in ["nobod", "x", "65533", "broken", "root", "toor", "wheel"] {
            assert_eq!(among(users, user), None);
        }
    }
}
