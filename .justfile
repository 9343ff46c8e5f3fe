# Recipes of daily work; .ci/run is what a commit has to pass.

# Format, lints, documentation.
check:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings
    RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --quiet

# All tests, as testdata/test.sh: `just test strict::` runs some.
test *args:
    testdata/test.sh {{args}}

# The main job on sample files.
demo:
    testdata/demo.sh
