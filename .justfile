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

# Times against peers, into docs/performance.md: takes a quarter of an hour. `just bench --only micro` does a part.
bench *args:
    benches/run.py {{args}}

# Instructions of the main jobs, against those that are known.
instructions *args:
    benches/instructions.py {{args}}
