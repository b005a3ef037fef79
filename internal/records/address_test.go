package records_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/catalog"
	"nadel/internal/entity"
	"nadel/internal/records"
)

func TestReadQuery(t *testing.T) {
	c := catalog.New()
	yes, no := true, false
	for _, tt := range []struct {
		name, kind, asked string
		want              entity.Query
	}{
		{"nothing asked for", "company", "", entity.Query{}},
		{"a search", "company", "q=Ёлка+1", entity.Query{Search: "Ёлка 1"}},
		{"active ones", "company", "status=active", entity.Query{Active: &yes}},
		{"inactive ones", "company", "status=inactive", entity.Query{Active: &no}},
		{"responsibles", "company", "responsibles=3&responsibles=none&responsibles.group=2", entity.Query{Responsible: []int64{3}, Unassigned: true, Groups: []int64{2}}},
		{"values of directories", "company", "city=7&city=8&city=", entity.Query{Filters: map[string][]string{"city": {"7", "8"}}}},
		{"without a value", "company", "city=none", entity.Query{Filters: map[string][]string{"city": {""}}}},
		{"a truth", "location", "main=yes", entity.Query{Filters: map[string][]string{"main": {"1"}}}},
		{"its contrary", "location", "main=no", entity.Query{Filters: map[string][]string{"main": {""}}}},
		{"a text", "company", "email.has=%40example.by&phone.is=empty", entity.Query{Where: []entity.Condition{{Field: "email", Op: entity.Holds, Value: "@example.by"}, {Field: "phone", Op: entity.Empty}}}},
		{"dates as people write them", "asset", "installed_on.from=01.03.2026&installed_on.to=2026-12-31", entity.Query{Where: []entity.Condition{{Field: "installed_on", Op: entity.From, Value: "2026-03-01"}, {Field: "installed_on", Op: entity.UpTo, Value: "2026-12-31"}}}},
		{"numbers beyond what may be stored", "location", "latitude.from=-1000,5&radius.to=0", entity.Query{Where: []entity.Condition{{Field: "latitude", Op: entity.From, Value: "-1000.5"}, {Field: "radius", Op: entity.UpTo, Value: "0"}}}},
		{"an order", "company", "sort=city&desc=1", entity.Query{Sort: "city", Descending: true}},
		{"what chooses no records", "company", "page=3&view=1&from=all&columns=id&for=edit", entity.Query{}},
	} {
		e := c.ByName(tt.kind)
		asked, err := url.ParseQuery(tt.asked)
		if err != nil {
			t.Fatal(err)
		}
		if tt.want.Filters == nil {
			tt.want.Filters = map[string][]string{}
		}
		got, wrong := records.ReadQuery(e, asked)
		if diff := cmp.Diff(tt.want, got); diff != "" || len(wrong) > 0 {
			t.Errorf("%s: %v %s", tt.name, wrong, diff)
		}
		if again, wrong := records.ReadQuery(e, records.WriteQuery(e, got)); !cmp.Equal(got, again) || len(wrong) > 0 {
			t.Errorf("%s: written and read again it is %+v (%v)", tt.name, again, wrong)
		}
	}
}

// What is not understood finds nothing, and is told.
func TestReadQueryRefuses(t *testing.T) {
	c := catalog.New()
	for _, tt := range []struct{ name, kind, asked, about string }{
		{"a status that does not exist", "company", "status=1", "status"},
		{"two statuses", "company", "status=active&status=inactive", "status"},
		{"a responsible who cannot be", "company", "responsibles=p.moroz", "responsibles"},
		{"a group that cannot be", "company", "responsibles.group=-1", "responsibles.group"},
		{"a value that cannot be", "company", "region=абв", "region"},
		{"a value of no id", "company", "region=0", "region"},
		{"a field that is not there", "company", "password=1", "password"},
		{"a field with SQL in it", "company", "name%22+OR+1%3D1--=x", `name" OR 1=1--`},
		{"a text by whole value", "company", "name=7", "name"},
		{"a way of asking that a field lacks", "company", "city.has=x", "city.has"},
		{"a way of asking that is none", "company", "name.like=x", "name.like"},
		{"a word that tells nothing", "company", "name.is=has", "name.is"},
		{"emptiness as a way", "company", "name.empty=1", "name.empty"},
		{"a day that is none", "asset", "installed_on.from=30.02.2026", "installed_on.from"},
		{"a number that is none", "location", "latitude.to=1e5", "latitude.to"},
		{"an overlong text", "company", "name.has=" + strings.Repeat("x", 201), "name.has"},
		{"a character that is none", "company", "name.has=%00", "name.has"},
		{"no UTF-8", "company", "q=%ff", "q"},
		{"a truth that is none", "location", "main=maybe", "main"},
		{"a thousand values", "company", strings.Repeat("city=1&", 1000), ""},
	} {
		asked, err := url.ParseQuery(strings.TrimSuffix(tt.asked, "&"))
		if err != nil {
			t.Fatal(err)
		}
		q, wrong := records.ReadQuery(c.ByName(tt.kind), asked)
		if len(wrong) == 0 || wrong[0].Field != tt.about || len(q.IDs) != 1 || q.IDs[0] != -1 {
			t.Errorf("%s: %v, finds %v", tt.name, wrong, q.IDs)
		}
	}
	q, wrong := records.ReadQuery(c.ByName("company"), url.Values{"sort": {"password"}})
	if len(wrong) != 1 || q.Sort != "" || len(q.IDs) != 0 {
		t.Errorf("an order by what does not exist: %v, %+v", wrong, q)
	}
}
