//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lockFolder holds every other process off that locks the folder, until release
// or the end of this process, however it ends. It leaves no file behind and does
// not meet the locks of SQLite, which are of another sort.
func lockFolder(ctx context.Context, path string) (release func(), err error) {
	folder, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("lock the folder: %w", err)
	}
	release = func() { _ = folder.Close() } // only held
	for {
		err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return release, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			release()
			return nil, fmt.Errorf("lock the folder: %w", err)
		}
		select {
		case <-ctx.Done():
			release()
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
