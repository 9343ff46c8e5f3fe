//! Tests of the target.
