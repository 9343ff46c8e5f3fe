/*
 * Copying and comparing bytes, for the static program on x86-64.
 *
 * The C library musl does both byte by byte or with string instructions, which take dozens of cycles for the
 * short texts that documents are made of: a third of the time on large ones. These have the places of its
 * functions. Short copies load everything before they store anything, so that overlaps do not matter;
 * `tests/it/memory.rs` tries all short ones.
 */

typedef __SIZE_TYPE__ size;
typedef unsigned char byte;
typedef unsigned short __attribute__((aligned(1), may_alias)) two;
typedef unsigned int __attribute__((aligned(1), may_alias)) four;
typedef unsigned long __attribute__((aligned(1), may_alias)) eight;
typedef unsigned long __attribute__((vector_size(16), aligned(1), may_alias)) sixteen;

/* From here on the processor copies by itself faster than a loop does. */
#define LONG 2048

static inline void copy_short(byte *to, const byte *from, size n)
{
#define ENDS(type)                                              \
	{                                                       \
		type first = *(const type *)from;               \
		type last = *(const type *)(from + n - sizeof(type)); \
		*(type *)to = first;                            \
		*(type *)(to + n - sizeof(type)) = last;        \
		return;                                         \
	}
	if (n >= 16)
		ENDS(sixteen)
	if (n >= 8)
		ENDS(eight)
	if (n >= 4)
		ENDS(four)
	if (n >= 2)
		ENDS(two)
	if (n == 1)
		*to = *from;
}

static inline void copy_64(byte *to, const byte *from)
{
	sixteen a = *(const sixteen *)from;
	sixteen b = *(const sixteen *)(from + 16);
	sixteen c = *(const sixteen *)(from + 32);
	sixteen d = *(const sixteen *)(from + 48);
	*(sixteen *)to = a;
	*(sixteen *)(to + 16) = b;
	*(sixteen *)(to + 32) = c;
	*(sixteen *)(to + 48) = d;
}

void *memmove(void *target, const void *source, size n)
{
	byte *to = target;
	const byte *from = source;
	if (n <= 32) {
		copy_short(to, from, n);
		return target;
	}
	if (n <= 64) {
		sixteen a = *(const sixteen *)from;
		sixteen b = *(const sixteen *)(from + 16);
		sixteen c = *(const sixteen *)(from + n - 32);
		sixteen d = *(const sixteen *)(from + n - 16);
		*(sixteen *)to = a;
		*(sixteen *)(to + 16) = b;
		*(sixteen *)(to + n - 32) = c;
		*(sixteen *)(to + n - 16) = d;
		return target;
	}
	if ((size)(to - from) >= n) {
		if (n >= LONG && (size)(from - to) >= 64) {
			__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
			return target;
		}
		/* The last 64 bytes are loaded before the first are stored, as they may overlap. */
		byte tail[64];
		byte *end = to + n - 64;
		copy_64(tail, from + n - 64);
		for (; to < end; to += 64, from += 64)
			copy_64(to, from);
		copy_64(end, tail);
	} else {
		byte head[64];
		copy_64(head, from);
		for (; n > 64; n -= 64)
			copy_64(to + n - 64, from + n - 64);
		copy_64(to, head);
	}
	return target;
}

void *memcpy(void *restrict target, const void *restrict source, size n)
{
	return memmove(target, source, n);
}

int memcmp(const void *left, const void *right, size n)
{
	const byte *a = left, *b = right;
	for (; n >= 8; n -= 8, a += 8, b += 8) {
		unsigned long x = *(const eight *)a, y = *(const eight *)b;
		if (x != y) {
			x = __builtin_bswap64(x);
			y = __builtin_bswap64(y);
			return x < y ? -1 : 1;
		}
	}
	for (; n > 0; n--, a++, b++)
		if (*a != *b)
			return *a - *b;
	return 0;
}

int bcmp(const void *left, const void *right, size n)
{
	return memcmp(left, right, n);
}
