//! The functions of the static program that stand in the place of musl's: `src/musl/memory.c`.

use crate::bed::Bed;
use std::process::Command;

/// Copies of all short lengths, of some long ones, at all distances, against copies byte by byte; comparisons
/// that differ at each byte.
const DRIVER: &str = r#"
#define memcpy tested_memcpy
#define memmove tested_memmove
#define memcmp tested_memcmp
#define bcmp tested_bcmp
#include SOURCE
int printf(const char *, ...);

static byte text[40000], wanted[40000], between[40000];

static int copies(size length, long distance)
{
	size from = 10000 + length % 16, to = from + distance;
	for (size i = 0; i < 40000; i++)
		text[i] = wanted[i] = (byte)(i * 7 + i / 256);
	for (size i = 0; i < length; i++)
		between[i] = wanted[from + i];
	for (size i = 0; i < length; i++)
		wanted[to + i] = between[i];
	if (tested_memmove(text + to, text + from, length) != text + to)
		return 0;
	for (size i = 0; i < 40000; i++)
		if (text[i] != wanted[i])
			return 0;
	return 1;
}

static int compares(size length)
{
	static byte a[300], b[300];
	for (size at = 0; at < length; at++) {
		a[at] = 200;
		b[at] = 100;
		if (tested_memcmp(a, b, length) <= 0 || tested_memcmp(b, a, length) >= 0 || !tested_bcmp(a, b, length))
			return 0;
		b[at] = 200;
		if (tested_memcmp(a, b, length) != 0 || tested_bcmp(a, b, length) != 0)
			return 0;
	}
	return 1;
}

int main(void)
{
	long lengths[] = {512, 1000, 2047, 2048, 2049, 4096, 5001, 9000};
	for (long length = 0; length < 300; length++)
		for (long distance = -140; distance <= 140; distance += length % 16 ? 9 : 1)
			if (!copies(length, distance))
				return printf("memmove %ld %ld\n", length, distance), 1;
	for (int i = 0; i < 8; i++)
		for (long distance = -9500; distance <= 9500; distance += 475)
			if (!copies(lengths[i], distance) || !copies(lengths[i], distance % 67))
				return printf("memmove %ld %ld\n", lengths[i], distance), 1;
	for (size length = 0; length < 300; length++)
		if (!compares(length))
			return printf("memcmp %ld\n", (long)length), 1;
	return 0;
}
"#;

#[test]
fn bytes_are_copied_and_compared_as_they_should_be() {
    let bed = Bed::new();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/musl/memory.c");
    let driver = bed.write("driver.c", DRIVER);
    let program = bed.path("driver");
    let compiled = Command::new("cc")
        .args(["-O2", "-fno-builtin", "-fno-tree-loop-distribute-patterns", "-Wall", "-Wextra", "-Werror"])
        .arg(format!("-DSOURCE=\"{source}\""))
        .arg(driver)
        .arg("-o")
        .arg(&program)
        .status()
        .unwrap();
    assert!(compiled.success());
    let ran = Command::new(&program).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
}
