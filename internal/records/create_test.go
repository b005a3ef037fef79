package records_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/testkit"
)

func TestCompanyIsMadeWithItsMainLocation(t *testing.T) {
	eachDesk(t, testCompanyIsMadeWithItsMainLocation)
}

func testCompanyIsMadeWithItsMainLocation(t *testing.T, d *desk) {
	company, location := d.st.Catalog().ByName("company"), d.st.Catalog().ByName("location")
	_, err := d.s.Create(t.Context(), d.admin, company, map[string]string{"email": "x", "location.radius": "0", "location.latitude": "95"})
	want := map[string]string{
		"name": "error.required", "email": "error.not_an_email",
		"location.address": "error.required", "location.radius": "error.out_of_range", "location.latitude": "error.out_of_range",
	}
	if diff := cmp.Diff(want, wrong(t, err)); diff != "" {
		t.Errorf("all that is wrong with both (-want +got):\n%s", diff)
	}
	if n, err := d.s.Count(t.Context(), d.admin, company, entity.Query{}); n != 0 || err != nil {
		t.Errorf("a refused company is there: %d, %v", n, err)
	}

	ivanov := testkit.Employee(t, d.st, d.w, "ivanov", entity.FieldStaff)
	rec, err := d.s.Create(t.Context(), d.admin, company, map[string]string{
		"name": " Василёк ", "responsibles": entity.IDsText([]int64{ivanov.ID}), "location.address": "Минск, Немига 5",
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := d.s.List(t.Context(), d.admin, location, entity.Query{Filters: map[string][]string{"company": {entity.IDsText([]int64{rec.ID})}}})
	if err != nil || len(page.Records) != 1 {
		t.Fatalf("%d locations, %v; want its main one", len(page.Records), err)
	}
	place := page.Records[0]
	if place.Get("main") != "1" || place.Get("radius") != "100" || place.Get("address") != "Минск, Немига 5" || !cmp.Equal(place.Responsibles, rec.Responsibles) {
		t.Errorf("the main location is %+v", place)
	}
	history, err := d.s.History(t.Context(), d.admin, company, rec.ID)
	if err != nil || len(history) != 1 || history[0].Version != 1 || history[0].Name != "Администратор" {
		t.Errorf("history of a new record: %+v, %v; want who made it", history, err)
	}
	now := d.mustUpdate(d.get(rec), map[string]string{"name": "Ромашка"})
	if now.Version != 2 {
		t.Errorf("version %d after the first change; want 2", now.Version)
	}
	found, err := d.st.Check(t.Context())
	if err != nil || len(found) > 0 {
		t.Errorf("check: %v, %v", found, err)
	}
}

func TestCreateAsksForEverything(t *testing.T) { eachDesk(t, testCreateAsksForEverything) }

func testCreateAsksForEverything(t *testing.T, d *desk) {
	firm := testkit.Company(t, d.st, d.w, "А")
	first := testkit.Location(t, d.st, d.w, firm, "Минск", true)
	stranger := testkit.Company(t, d.st, testkit.AdminOf(t, d.st, "Чужие").WorkspaceID, "Чужая")
	other := testkit.AdminOf(t, d.st, "Чужие").WorkspaceID
	for range 9 {
		stranger = testkit.Company(t, d.st, other, "Чужая")
	}
	ids := func(r *entity.Record) string { return entity.IDsText([]int64{r.ID}) }
	for _, tt := range []struct {
		name, kind string
		given      map[string]string
		want       map[string]string
	}{
		{"a location without anything", "location", nil, map[string]string{"company": "error.required", "address": "error.required"}},
		{"a location of a foreign company", "location", map[string]string{"company": ids(stranger), "address": "x"}, map[string]string{"company": "error.no_such_record"}},
		{"a contact of nobody", "contact", map[string]string{"name": "Анна"}, map[string]string{"company": "error.company_or_location"}},
		{"an asset of a location", "asset", map[string]string{"name": "Касса", "location": ids(first)}, map[string]string{}},
		{"a second location that is main", "location", map[string]string{"company": ids(firm), "address": "Брест", "main": "1"}, map[string]string{}},
		{"a field nobody declared", "contact", map[string]string{"name": "А", "company": ids(firm), "company.name": "x"}, map[string]string{"": "error.no_such_field"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := d.s.Create(t.Context(), d.admin, d.st.Catalog().ByName(tt.kind), tt.given)
			if diff := cmp.Diff(tt.want, wrong(t, err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if now := d.get(first); now.Get("main") != "" {
		t.Error("both locations are main")
	}
	worker := testkit.Employee(t, d.st, d.w, "worker", entity.FieldStaff)
	_, err := d.s.Create(t.Context(), testkit.As(t, d.st, d.w, worker.Login), firm.Entity, map[string]string{"name": "Б", "location.address": "x"})
	if fault.CodeOf(err) != fault.Denied {
		t.Errorf("a field employee makes a company: %v", err)
	}
	var nobody access.User
	if _, err := d.s.Create(t.Context(), nobody, firm.Entity, nil); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("nobody makes a company: %v", err)
	}
	found, err := d.st.Check(t.Context())
	if err != nil || len(found) > 0 {
		t.Errorf("check: %v, %v", found, err)
	}
}
