//go:build linux

package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestMigrationWaitsForTheOther: while somebody else migrates the file, nobody
// begins to.
func TestMigrationWaitsForTheOther(t *testing.T) {
	dir := t.TempDir()
	other, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := syscall.Flock(int(other.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	st := openAt(t, filepath.Join(dir, "nadel.db"))
	ctx, stop := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer stop()
	if err := st.Migrate(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it did not wait: %v", err)
	}
	other.Close()
	if err := st.Migrate(context.Background()); err != nil {
		t.Error(err)
	}
}
