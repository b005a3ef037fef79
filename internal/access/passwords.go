package access

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// Bounds of passwords, in characters. The upper one keeps hashing cheap.
const (
	ShortestPassword = 10
	longestPassword  = 200
)

// Costs of argon2id for new hashes: OWASP's smallest memory, because a small
// server must survive many people signing in at once. A hash carries its own
// costs, so raising these locks nobody out.
const (
	argonMemory = 19 * 1024 // KiB
	argonPasses = 2
	argonLanes  = 1
	argonSalt   = 16
	argonKey    = 32
)

// checkPassword says what is wrong with a new password of login.
func checkPassword(password, login string) *fault.Error {
	switch n := utf8.RuneCountInString(password); {
	case n < ShortestPassword:
		return fault.New(fault.Invalid, "error.password_short", "min", ShortestPassword).In("password")
	case n > longestPassword:
		return fault.New(fault.Invalid, "error.too_long", "max", longestPassword).In("password")
	case entity.Fold(password) == entity.Fold(login):
		return fault.New(fault.Invalid, "error.password_is_login").In("password")
	}
	return nil
}

// hashPassword makes a hash in the usual text form of argon2.
func hashPassword(password string) string {
	salt := randomBytes(argonSalt)
	return hashText(salt, argon2.IDKey([]byte(password), salt, argonPasses, argonMemory, argonLanes, argonKey))
}

// hashOfNothing costs as much to compare with as any other hash, and no
// password is known to match it.
func hashOfNothing() string { return hashText(randomBytes(argonSalt), randomBytes(argonKey)) }

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: the program stops when the system has no randomness
	return b
}

func hashText(salt, key []byte) string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes,
		enc.EncodeToString(salt), enc.EncodeToString(key))
}

// matches tells whether hash is of password.
func matches(hash, password string) (bool, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, fmt.Errorf("password hash of an unknown kind")
	}
	var version int
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &lanes); err != nil || version != argon2.Version {
		return false, fmt.Errorf("password hash with unknown costs %s %s: %w", parts[2], parts[3], err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("salt of a password hash: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, fmt.Errorf("key of a password hash: %w", err)
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// oneTimeLetters have no two that look alike, for a password is read out on the
// phone.
const oneTimeLetters = "abcdefghjkmnpqrstuvwxyz23456789"

// oneTimePassword makes a password of 79 bits in groups: "kfdx-7mqp-3wzt-abcd".
func oneTimePassword() string {
	const groups, letters = 4, 4
	var b strings.Builder
	for i := range groups * letters {
		if i > 0 && i%letters == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(oneTimeLetters[below(len(oneTimeLetters))])
	}
	return b.String()
}

// below is an even random number under n, which is at most 256.
func below(n int) int {
	for {
		if r := int(randomBytes(1)[0]); r < 256/n*n { // the rest would favour the first letters
			return r % n
		}
	}
}
