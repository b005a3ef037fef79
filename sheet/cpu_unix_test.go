//go:build unix

package sheet_test

import (
	"syscall"
	"time"
)

// cpuTime returns the processor time that the process has used, on all
// processors together.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
