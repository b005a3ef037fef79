package store

import (
	"os"
	"strings"
	"testing"
)

// TestIndexHasTheCells: an index whose expressions differ by a digit is not used,
// and nothing but time would tell.
func TestIndexHasTheCells(t *testing.T) {
	text, err := os.ReadFile("migrations/00022_places.sql")
	if err != nil {
		t.Fatal(err)
	}
	latitude, longitude := cellSize(indexZoom)
	for _, want := range []string{cellNumber("latitude", latitude), cellNumber("longitude", longitude)} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the index lacks %s", want)
		}
	}
}
