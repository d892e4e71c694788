//! Reasons by name: why something was refused, or what is odd about it.

/// Declares an enum of reasons. One variant, one name, and so one counter, one event, one test: `ALL` has the variants in
/// the order of their counters, and each `fn` is the name behind a prefix.
macro_rules! reasons {
    (@named $name:ident $variants:tt) => {};
    (
        @named $name:ident [$($variant:ident => $text:literal,)*]
        $(#[$doc:meta])* $vis:vis fn $function:ident => $prefix:literal; $($rest:tt)*
    ) => {
        impl $name {
            $(#[$doc])*
            #[must_use]
            $vis const fn $function(self) -> &'static str {
                match self { $(Self::$variant => concat!($prefix, $text),)* }
            }
        }
        $crate::event::reasons::reasons!(@named $name [$($variant => $text,)*] $($rest)*);
    };
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident => $text:literal,)* }
        $($named:tt)*
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        $vis enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// All of them, in the order of their counters.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
        }

        $crate::event::reasons::reasons!(@named $name [$($variant => $text,)*] $($named)*);
    };
}

pub(crate) use reasons;
