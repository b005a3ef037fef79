// Package fault is what went wrong, told for people: a code that machines
// compare, a message key and arguments that a locale turns into a sentence, and
// the field at fault. It knows no language and no transport; every other error
// is ours, not the user's, and never becomes a fault.
package fault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Code is the kind of fault. The doors (pages, API, command line) each map it
// once: to an HTTP status, to an exit status.
type Code string

// The codes. Internal is never made: it is what CodeOf answers for an error
// that is not a fault.
const (
	Invalid         Code = "invalid"         // a value that cannot be accepted
	Unauthenticated Code = "unauthenticated" // nobody is signed in
	Denied          Code = "denied"          // signed in, but without the right
	NotFound        Code = "not_found"       // absent, or of another workspace: the same answer
	Conflict        Code = "conflict"        // somebody else was first
	Refused         Code = "refused"         // a file that cannot be read exactly
	TooLarge        Code = "too_large"       // over a bound
	TooMany         Code = "too_many"        // too many attempts; wait
	TooSlow         Code = "too_slow"        // did not arrive in time
	NoSpace         Code = "no_space"        // a disk is full
	Usage           Code = "usage"           // the call itself is wrong
	Internal        Code = "internal"
)

// Error is one fault.
type Error struct {
	Code  Code
	Key   string         // message key in the locales
	Args  map[string]any // what the message names; plain values only, so that they can be stored
	Field string         // the field at fault, by its catalog name; empty when it is not about one
}

// New makes a fault. args are pairs: name, value, name, value.
func New(code Code, key string, args ...any) *Error {
	e := &Error{Code: code, Key: key}
	if len(args)%2 != 0 {
		panic("fault.New: arguments come in pairs")
	}
	for i := 0; i < len(args); i += 2 {
		if e.Args == nil {
			e.Args = make(map[string]any, len(args)/2)
		}
		e.Args[args[i].(string)] = args[i+1]
	}
	return e
}

// In names the field at fault.
func (e *Error) In(field string) *Error {
	e.Field = field
	return e
}

// Error is for logs; people get the sentence of their locale.
func (e *Error) Error() string {
	names := make([]string, 0, len(e.Args))
	for name := range e.Args {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Code, e.Key)
	for _, name := range names {
		fmt.Fprintf(&b, " %s=%v", name, e.Args[name])
	}
	if e.Field != "" {
		fmt.Fprintf(&b, " (field %s)", e.Field)
	}
	return b.String()
}

// Many is several faults at once: a form reports every wrong field, not the first.
type Many []*Error

// Error joins the faults for logs.
func (m Many) Error() string {
	parts := make([]string, len(m))
	for i, e := range m {
		parts[i] = e.Error()
	}
	return strings.Join(parts, "; ")
}

// ErrOrNil is nil when nothing was found wrong; it keeps an empty Many from
// becoming a non-nil error.
func (m Many) ErrOrNil() error {
	if len(m) == 0 {
		return nil
	}
	return m
}

// All lists the faults in err, one for a single fault, none when err is ours.
func All(err error) []*Error {
	var many Many
	if errors.As(err, &many) {
		return many
	}
	var one *Error
	if errors.As(err, &one) {
		return []*Error{one}
	}
	return nil
}

// CodeOf is the code of the first fault in err, Internal when err is no fault,
// and empty when err is nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if all := All(err); len(all) > 0 {
		return all[0].Code
	}
	return Internal
}
