//! Tables of tests.

/// Makes a test of each case, so that each fails by its name.
macro_rules! cases {
    ($test:ident: $($case:ident($($argument:expr),* $(,)?)),+ $(,)?) => {
        mod $test {
            #[allow(unused_imports, reason = "some tables have plain values only")]
            use super::*;

            $(#[test]
            fn $case() {
                super::$test($($argument),*);
            })+
        }
    };
}
