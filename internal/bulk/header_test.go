package bulk

import (
	"strings"
	"testing"

	"nadel/internal/catalog"
	"nadel/internal/fault"
	"nadel/internal/locale"
	"nadel/internal/plan"
)

func TestHeader(t *testing.T) {
	set, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	h := newHeadings(catalog.New().ByName("company"), set, plan.Options{})
	tests := []struct {
		name, row  string
		columns    string // found, with their places; or
		key        string // why refused
		suggestion string
	}{
		{"Russian", "ID|Название|Статус|Ответственные|Версия", "id0 name1 status2 responsibles3 version4", "", ""},
		{"Belarusian", "ID|Назва|Статус|Адказныя|Версія", "id0 name1 status2 responsibles3 version4", "", ""},
		{"English", "ID|Name|Status|Responsibles|Version", "id0 name1 status2 responsibles3 version4", "", ""},
		{"bare names of fields", "id|status|responsibles", "id0 status1 responsibles2", "", ""},
		{"other order, capitals and spaces", "  СТАТУС |x|I d", "id2 status0", "", ""},
		{"fields that are not edited by file yet", "ID|Статус|Статус клиента|Телефон|Приоритет|Город", "id0 status1", "", ""},
		{"columns of the user's own", "ID|Статус|Заметки|План на год|Кто звонил|№", "id0 status1", "", ""},
		{"a letter left out", "ID|Ответственые", "", "file.heading_nearly", "Ответственные"},
		{"a letter doubled", "ID|Статтус", "", "file.heading_nearly", "Статус"},
		{"letters swapped", "ID|Sattus", "", "file.heading_nearly", "Status"},
		{"a Latin letter", "ID|Статус|Oтветственные", "", "file.heading_nearly", "Ответственные"},
		{"the singular", "ID|Responsible", "", "file.heading_nearly", "Responsibles"},
		{"nearly the name", "ID|Статус|Названее", "", "file.heading_nearly", "Название"},
		{"two of one meaning", "ID|Status|Статус", "", "file.heading_twice", ""},
		{"nothing that edits", "ID|Название", "", "file.nothing_to_edit", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 5 { // the answer does not depend on the order of a map
				found, err := h.understand(1, strings.Split(tt.row, "|"))
				if err != nil {
					f := fault.All(err)[0]
					suggestion, _ := f.Args["suggestion"].(string)
					if f.Key != tt.key || suggestion != tt.suggestion {
						t.Fatalf("refused by %s, suggested %q; want %q, %q", f.Key, suggestion, tt.key, tt.suggestion)
					}
					continue
				}
				var columns []string
				for _, c := range editColumns {
					if at, ok := found.columns[c]; ok {
						columns = append(columns, c+string(rune('0'+at.Place)))
					}
				}
				if got := strings.Join(columns, " "); got != tt.columns || tt.key != "" {
					t.Fatalf("found %s; want %s%s", got, tt.columns, tt.key)
				}
			}
		})
	}
}
