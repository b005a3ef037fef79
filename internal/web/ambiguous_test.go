package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"nadel/internal/bulk"
	"nadel/internal/entity"
)

var suggested = regexp.MustCompile(`<button class="btn btn-sm btn-good" name="with" value="([^"]*)">`)

// TestOneButtonForEachOfTheSameName: a name that several records have is mended by
// a press on the number of the one that is meant, for all rows that say it.
func TestOneButtonForEachOfTheSameName(t *testing.T) {
	s := newSite(t)
	elsewhere := s.company("Лён")
	var twins []string
	for range 3 {
		twins = append(twins, fmt.Sprint(s.company("Ромашка").ID))
	}
	csv := "ID;Компания\n"
	var contacts []*entity.Record
	for _, name := range []string{"Анна", "Пётр"} {
		c := s.record("contact", map[string]string{"name": name, "company": fmt.Sprint(elsewhere.ID)})
		contacts, csv = append(contacts, c), csv+fmt.Sprintf("%d;Ромашка\n", c.ID)
	}
	ctx := context.Background()
	i, err := s.bulk.Upload(ctx, s.admin, bulk.Upload{Entity: contacts[0].Entity, Name: "правки.csv", Content: strings.NewReader(csv)})
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("/imports/%d", i.ID)
	s.drive(address)
	v := s.signedIn("Наша", "admin")
	var buttons []string
	for _, m := range suggested.FindAllStringSubmatch(v.get(address+"?tab=problems").body, -1) {
		buttons = append(buttons, m[1])
	}
	if !slices.Equal(buttons, twins) {
		t.Fatalf("buttons %q, want one for each of %q", buttons, twins)
	}
	if a := v.post(address+"/mend", url.Values{"field": {"company"}, "value": {"Ромашка"}, "with": {twins[1]}}); a.status != http.StatusSeeOther {
		t.Fatalf("the press: %s", a)
	}
	s.drive(address)
	changes, err := s.bulk.Changes(ctx, s.admin, i.ID, bulk.RowQuery{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	for n, c := range changes {
		if c.RecordID != contacts[n].ID || len(c.Fields) != 1 || c.Fields[0].After != twins[1] {
			t.Errorf("row %d of the plan: %+v", n, c.Change)
		}
	}
	if len(changes) != len(contacts) {
		t.Errorf("%d rows change, want %d", len(changes), len(contacts))
	}
}
