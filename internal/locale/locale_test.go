package locale

import (
	"errors"
	"testing"
	"time"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

func load(t *testing.T) *Set {
	t.Helper()
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPlurals(t *testing.T) {
	s := load(t)
	tests := []struct {
		tag   string
		count any
		want  string
	}{
		{"ru", 0, "0 компаний"},
		{"ru", 1, "1 компания"},
		{"ru", 2, "2 компании"},
		{"ru", 5, "5 компаний"},
		{"ru", 11, "11 компаний"},
		{"ru", 12, "12 компаний"},
		{"ru", 21, "21 компания"},
		{"ru", 111, "111 компаний"},
		{"ru", int64(4002), "4\u00a0002 компании"},
		{"be", 3, "3 кампаніі"},
		{"be", 25, "25 кампаній"},
		{"en", 1, "1 company"},
		{"en", float64(2000), "2,000 companies"},
		{"", 1, "1 компания"},
		{"fr", 1, "1 компания"},
	}
	for _, tt := range tests {
		if got := s.Get(tt.tag).T("entity.company.count", "count", tt.count); got != tt.want {
			t.Errorf("%s, %v: %q; want %q", tt.tag, tt.count, got, tt.want)
		}
	}
}

func TestNumbersAndDates(t *testing.T) {
	s := load(t)
	ru, en := s.Get("ru"), s.Get("en")
	minsk := time.FixedZone("Minsk", 3*60*60)
	late := time.Date(2026, 3, 1, 22, 30, 0, 0, time.UTC)
	tests := []struct{ name, got, want string }{
		{"no group", ru.Number(999), "999"},
		{"two groups", ru.Number(12345), "12\u00a0345"},
		{"three groups", en.Number(1048576), "1,048,576"},
		{"a minus", en.Number(-123456), "-123,456"},
		{"a small minus", en.Number(-123), "-123"},
		{"a date", ru.Date("2026-03-01"), "01.03.2026"},
		{"an English date", en.Date("2026-03-01"), "1 Mar 2026"},
		{"no date", ru.Date("soon"), "soon"},
		{"a day by the clock of its place", ru.Day(late, minsk), "02.03.2026"},
		{"an instant by the clock of its place", ru.DateTime(late, minsk), "02.03.2026 01:30"},
		{"no instant", ru.DateTime(time.Time{}, minsk), ""},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %q; want %q", tt.name, tt.got, tt.want)
		}
	}
}

func TestFaults(t *testing.T) {
	ru := load(t).Get("ru")
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"our words for kinds of record", fault.New(fault.NotFound, "error.other_kind", "id", 57057, "kind", "location", "wanted", "company"),
			"57057 — это локация, а не компания."},
		{"arguments that came back from storage", fault.New(fault.Invalid, "error.too_long", "max", float64(4000)),
			"Слишком длинно: помещается не больше 4\u00a0000 символов."},
		{"somebody's typing as it is", fault.New(fault.Usage, "error.no_such_guard", "guard", "{{.id}} <b>"),
			"Подтверждения «{{.id}} <b>» не бывает. Есть name, stale, visibility и blast."},
		{"a state", fault.New(fault.Conflict, "error.import_state", "id", 12, "state", "ready"),
			"Импорт 12 — ждёт решения, сейчас с ним этого сделать нельзя."},
		{"several", fault.Many{fault.New(fault.Invalid, "error.required"), fault.New(fault.Invalid, "error.not_a_number")},
			"Заполните это поле. Это не число."},
		{"what is not a fault", errors.New("ours"), ""},
		{"nothing", nil, ""},
	}
	for _, tt := range tests {
		if got := ru.Fault(tt.err); got != tt.want {
			t.Errorf("%s: %q; want %q", tt.name, got, tt.want)
		}
	}
}

func TestHeadings(t *testing.T) {
	ru := load(t).Get("ru")
	contact := &entity.Entity{Name: "contact"}
	tests := []struct{ name, got, want string }{
		{"a field of every entity", ru.Field(nil, entity.Responsibles), "Ответственные"},
		{"a field that this entity calls its own way", ru.Field(contact, "name"), "Имя"},
		{"a field that it calls like the others", ru.Field(contact, "phone"), "Телефон"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %q; want %q", tt.name, tt.got, tt.want)
		}
	}
}

func TestMistakesStopTests(t *testing.T) {
	ru := load(t).Get("ru")
	tests := map[string]func(){
		"an unknown key":           func() { ru.T("no.such.key") },
		"an argument left out":     func() { ru.T("error.too_long") },
		"half a pair":              func() { ru.T("error.too_long", "max") },
		"a heading that is absent": func() { ru.Field(nil, "nonsense") },
	}
	for name, f := range tests {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: passed unnoticed", name)
				}
			}()
			f()
		}()
	}
}
