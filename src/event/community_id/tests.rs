//! Published vectors, and what the reference implementation says where those are silent.

use std::net::IpAddr;

use super::*;

type Vector = (u8, &'static str, &'static str, u16, u16, &'static str);

/// The specification's `baseline/baseline_deflt.json`, whole.
const BASELINE: &[Vector] = &[
    (58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 136, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="),
    (58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 135, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="),
    (58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 135, 136, "1:zavyT/cezQr1fmImYCwYnMXbgck="),
    (58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 136, 135, "1:zavyT/cezQr1fmImYCwYnMXbgck="),
    (58, "3ffe:501:1800:2345::2", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0, "1:2ObVBgIn28oZvibYZhZMBgh7WdQ="),
    (58, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da", 1, 4, "1:hLZd0XGWojozrvxqE0dWB1iM6R0="),
    (58, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:501:0:1001::2", 128, 129, "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="),
    (58, "3ffe:501:0:1001::2", "3ffe:507:0:1:200:86ff:fe05:80da", 129, 128, "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="),
    (58, "fe80::200:86ff:fe05:80da", "ff02::2", 133, 134, "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0="),
    (58, "fe80::260:97ff:fe07:69ea", "ff02::1", 134, 133, "1:pkvHqCL88/tg1k4cPigmZXUtL00="),
    (1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
    (1, "192.168.0.1", "192.168.0.89", 0, 8, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
    (1, "10.0.0.1", "10.0.0.2", 11, 0, "1:YHxtAirCG//0OzkcVAukqKQN9xM="),
    (
        6,
        "2001:470:e5bf:dead:4957:2174:e82c:4887",
        "2607:f8b0:400c:c03::1a",
        63943,
        25,
        "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=",
    ),
    (
        6,
        "2607:f8b0:400c:c03::1a",
        "2001:470:e5bf:dead:4957:2174:e82c:4887",
        25,
        63943,
        "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=",
    ),
    (132, "192.168.170.8", "192.168.170.56", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="),
    (132, "192.168.170.56", "192.168.170.8", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="),
    (6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    (6, "66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    (17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
    (17, "8.8.8.8", "192.168.1.52", 53, 54585, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
    (46, "10.1.12.1", "10.1.12.2", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="),
    (46, "10.1.12.2", "10.1.12.1", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="),
];

/// From pycommunityid 1.5.0: every ICMP type that has a counterpart, types that have
/// none, equal addresses, protocols without ports.
const REFERENCE: &[Vector] = &[
    (1, "192.168.0.89", "192.168.0.1", 3, 1, "1:LXCfhMUFbYXe+CEMrQuZCbiLY3o="),
    (1, "192.168.0.89", "192.168.0.1", 5, 0, "1:kLtiMgsvXxev1cbXFZOsseluHWk="),
    (1, "192.168.0.89", "192.168.0.1", 9, 0, "1:0hTYL8ekh0YMbFphUlZIMctBe1g="),
    (1, "192.168.0.89", "192.168.0.1", 10, 0, "1:ZCE6FYKtYq6/Z5/7VYclhgEesAg="),
    (1, "192.168.0.89", "192.168.0.1", 11, 0, "1:WWhK5yv9t1/eWrodrgw+6KseRoA="),
    (1, "192.168.0.89", "192.168.0.1", 13, 0, "1:oeo0XqAz7cn/+sOcFFOn55Omz0U="),
    (1, "192.168.0.89", "192.168.0.1", 14, 0, "1:uiloJmzo9VB4N869eqNADHXuQJM="),
    (1, "192.168.0.89", "192.168.0.1", 15, 0, "1:fOg3Bo3uOxI7xD431D+RTtZCCjw="),
    (1, "192.168.0.89", "192.168.0.1", 16, 0, "1:6ZCKi6lsG2Rw85OQJ+W89GVQOrE="),
    (1, "192.168.0.89", "192.168.0.1", 17, 0, "1:l6FQTO9IDRsq7cW/KitEu2ab7NM="),
    (1, "192.168.0.89", "192.168.0.1", 18, 0, "1:6dTj0ptxvEN9+cuc4SfVqQjtlW8="),
    (1, "192.168.0.89", "192.168.0.1", 42, 7, "1:uci/00gvE0wqlJfIfrRGrlyG8zM="),
    (1, "10.0.0.1", "10.0.0.2", 3, 3, "1:sn6MAmXQ6UD1gYE1XbV3XTNewrk="),
    (1, "10.0.0.2", "10.0.0.1", 3, 3, "1:LhjXG72oBqb/FpYqPl9LboG4/B4="),
    (58, "fe80::2", "fe80::1", 1, 4, "1:KP7k20289QLlEmMHLKdRgaeGmfo="),
    (58, "fe80::2", "fe80::1", 2, 0, "1:mOcu9HFkPwcXn0q3oTOq3q6tq1c="),
    (58, "fe80::2", "fe80::1", 130, 0, "1:71CIB4bZAXtzNgwgtcM+4TS71z8="),
    (58, "fe80::2", "fe80::1", 131, 0, "1:Pmn7mCHtn19srQiXm2sF0CDRRMA="),
    (58, "fe80::2", "fe80::1", 139, 0, "1:LKvUqbovyorzH3vEr5qb4x1R1yg="),
    (58, "fe80::2", "fe80::1", 140, 1, "1:oPVhmQYL42iV9FGiMqdb38yGSeA="),
    (58, "fe80::2", "fe80::1", 144, 0, "1:VjrfcngPBA7JHuabgy0Ih8qXY0I="),
    (58, "fe80::2", "fe80::1", 145, 0, "1:21qp2MlwLUEblqK3FO0+OyLBlWA="),
    (58, "fe80::2", "fe80::1", 143, 0, "1:OwvuJx9ZGcH9+KW6Uh+JjZX2II8="),
    (6, "10.0.0.1", "10.0.0.1", 2000, 1000, "1:nxwYq30oipX1dGVDLt7tz75Hofc="),
    (6, "10.0.0.1", "10.0.0.1", 1000, 2000, "1:nxwYq30oipX1dGVDLt7tz75Hofc="),
    (17, "10.0.0.1", "10.0.0.1", 7, 7, "1:Cty61R9iCrTjgQ6cDmf7K917XoQ="),
    (17, "::1", "::1", 9, 8, "1:x074RzVE3pa7xK+B8fGMt6M5Qyk="),
    (132, "2001:db8::1", "2001:db8::2", 5000, 80, "1:z9CLPXtF6dPlGHFY5cYp3XKGuxI="),
    (132, "10.0.0.9", "10.0.0.8", 5000, 80, "1:i+pqfEHdpb5p618ZtzSjW9HTAI4="),
    (17, "2001:db8::ffff", "2001:db8::1", 53, 53000, "1:fRLvQ1kP89FqXWyr+cFLLep9rdw="),
    (1, "10.0.0.1", "10.0.0.1", 8, 0, "1:Q2R99S5FzFXN21OqJRTsA4EVBTo="),
    (1, "10.0.0.1", "10.0.0.1", 0, 0, "1:Q2R99S5FzFXN21OqJRTsA4EVBTo="),
    (47, "10.0.0.2", "10.0.0.1", 0, 0, "1:+KlEHDT0vJgzs/eNmzHq0aSpRYw="),
    (50, "2001:db8::2", "2001:db8::1", 0, 0, "1:JIAyWiD7dl1e74CJAdetAUPF/To="),
    (0, "10.0.0.1", "10.0.0.2", 0, 0, "1:nYc3h22t9kfT6DRXxJgdIJZFfwg="),
    (255, "10.0.0.1", "10.0.0.1", 0, 0, "1:/TPEG7TYbQmlUDZ/z4/Uso1f4GY="),
];

fn tuple(proto: u8, src: &str, dest: &str, src_port: u16, dest_port: u16) -> Tuple {
    let bytes = |text: &str| match text.parse().unwrap() {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            let mut padded = [0; 16];
            padded[..4].copy_from_slice(&[a, b, c, d]);
            (padded, false)
        }
        IpAddr::V6(address) => (address.octets(), true),
    };
    let ((src, v6), (dest, _)) = (bytes(src), bytes(dest));
    Tuple { src, dest, src_port, dest_port, proto, v6 }
}

fn check(vectors: &[Vector]) {
    for &(proto, src, dest, src_port, dest_port, expected) in vectors {
        let id = CommunityId::of(&tuple(proto, src, dest, src_port, dest_port));
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{expected}\""));
        assert_eq!(id.to_string(), expected, "{proto} {src} {src_port} {dest} {dest_port}");
    }
}

#[test]
fn published_baseline() {
    check(BASELINE);
}

#[test]
fn reference_implementation() {
    check(REFERENCE);
}

/// Our ICMP flows carry the first message's type and code, so an echo request's
/// tuple ends in (8, 0) and its reply's in (0, 0): one flow, one id.
#[test]
fn an_icmp_reply_has_its_request_s_id() {
    for (proto, request, reply) in [(1, 8, 0), (1, 13, 14), (58, 128, 129), (58, 135, 136)] {
        let (a, b) = if proto == 1 { ("10.0.0.1", "10.0.0.2") } else { ("fe80::1", "fe80::2") };
        assert_eq!(
            CommunityId::of(&tuple(proto, a, b, request, 0)),
            CommunityId::of(&tuple(proto, b, a, reply, 0)),
            "protocol {proto}, type {request}"
        );
    }
}

#[test]
fn a_port_of_a_protocol_without_ports_does_not_count() {
    assert_eq!(
        CommunityId::of(&tuple(47, "10.0.0.1", "10.0.0.2", 1, 2)),
        CommunityId::of(&tuple(47, "10.0.0.1", "10.0.0.2", 0, 0))
    );
}
