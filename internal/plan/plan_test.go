package plan

import (
	"strings"
	"testing"

	"nadel/internal/fault"
)

func TestParseGuards(t *testing.T) {
	tests := []struct {
		text string
		want Guards
		code fault.Code
	}{
		{"", 0, ""},
		{"name", Name, ""},
		{"name,stale", Name | Stale, ""},
		{" Stale , VISIBILITY,", Stale | Visibility, ""},
		{"name,stale,visibility,blast", Name | Stale | Visibility | Blast, ""},
		{"name,name", Name, ""},
		{"all", 0, fault.Usage},
		{"name stale", 0, fault.Usage},
	}
	for _, tt := range tests {
		got, err := ParseGuards(tt.text)
		if got != tt.want || err != nil && fault.CodeOf(err) != tt.code || err == nil && tt.code != "" {
			t.Errorf("ParseGuards(%q) = %v, %v; want %v, code %q", tt.text, got, err, tt.want, tt.code)
		}
		if back, err := ParseGuards(strings.Join(got.Names(), ",")); back != got || err != nil {
			t.Errorf("the names %v are read as %v, %v", got.Names(), back, err)
		}
	}
}

func TestAcceptedBy(t *testing.T) {
	i := Import{HeldBy: map[Guards]int64{Name: 1, Stale: 10, Name | Stale: 100, Name | Visibility: 1000}}
	tests := []struct {
		guards Guards
		rows   int64
	}{
		{0, 0}, {Name, 1}, {Stale, 10}, {Name | Stale, 111}, {Visibility, 0}, {Name | Visibility, 1001},
		{Name | Stale | Visibility | Blast, 1111},
	}
	for _, tt := range tests {
		if got := i.AcceptedBy(tt.guards); got != tt.rows {
			t.Errorf("accepting %v lets %d rows pass, want %d", tt.guards.Names(), got, tt.rows)
		}
	}
	if Guards(0).Within(Name) {
		t.Error("a row that nothing holds is not held, so it is not accepted either")
	}
}

func TestStates(t *testing.T) {
	for state, want := range map[State]string{
		Uploaded: "working", Checking: "working", Ready: "rests", Applying: "working",
		Applied: "final", Refused: "final", Failed: "final", Cancelled: "final",
	} {
		got := "rests"
		switch {
		case state.Working() && state.Final():
			got = "both"
		case state.Working():
			got = "working"
		case state.Final():
			got = "final"
		}
		if got != want {
			t.Errorf("%s is %s, want %s", state, got, want)
		}
	}
}
