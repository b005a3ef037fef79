package store_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// TestFilters asks by every field of every kind in every way that there is, and
// compares what is found with a plain look at each record.
func TestFilters(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		random := rand.New(rand.NewPCG(3, 4))
		w := testkit.Admin(t, st).WorkspaceID
		values := map[string][]string{}
		for _, directory := range st.Catalog().Directories {
			values[directory] = []string{"", testkit.Value(t, st, w, directory, "Первое"), testkit.Value(t, st, w, directory, "Второе")}
		}
		some := func(of ...string) string { return of[random.IntN(len(of))] }
		taken := map[string]bool{}
		dress := func(rec *entity.Record) {
			for i := range rec.Entity.Fields {
				f := &rec.Entity.Fields[i]
				for rec.Values[i] = someValue(f, values, some); rec.Values[i] == "" && f.Required; {
					rec.Values[i] = someValue(f, values, some)
				}
				if f.OnePer != "" && rec.Values[i] == "1" { // of a company's locations one is the main one
					if taken[rec.Get(f.OnePer)] {
						rec.Values[i] = ""
					}
					taken[rec.Get(f.OnePer)] = true
				}
			}
			rec.Active = random.IntN(2) == 0
			rec.Responsibles = [][]int64{nil, {1}, {2}, {1, 2}}[random.IntN(4)]
		}
		for _, e := range st.Catalog().Entities {
			var all []*entity.Record
			testkit.Write(t, st, w, func(tx *store.Tx) error {
				for range 40 {
					rec := entity.NewRecord(e)
					dress(rec)
					all = append(all, rec)
				}
				err := tx.Fill(all)
				for _, rec := range all[:3] {
					values[e.Name] = append(values[e.Name], strconv.FormatInt(rec.ID, 10))
				}
				return err
			})
			for _, q := range questions(e, values) {
				found := list(t, st, w, e, q)
				var want []int64
				for _, rec := range all {
					if meets(rec, q) {
						want = append(want, rec.ID)
					}
				}
				if diff := cmp.Diff(want, found); diff != "" {
					t.Errorf("%s, %+v %+v: %s", e.Name, q.Filters, q.Where, diff)
				}
			}
		}
	})
}

func list(t *testing.T, st *store.Store, workspace int64, e *entity.Entity, q entity.Query) (ids []int64) {
	t.Helper()
	err := st.Read(context.Background(), workspace, func(tx *store.Tx) error {
		page, err := tx.List(e, q, everything)
		for _, rec := range page.Records {
			ids = append(ids, rec.ID)
		}
		if err == nil && page.Total != int64(len(ids)) {
			t.Errorf("%+v counts %d of %d", q, page.Total, len(ids))
		}
		return err
	})
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return ids
}

func someValue(f *entity.Field, values map[string][]string, some func(...string) string) string {
	switch f.Kind {
	case entity.Phone:
		return some("", "+375 (29) 123-45-67", "8.0172 00/00/00, доб. 5")
	case entity.Email:
		return some("", "Ivan@Example.by", "petr_1@example.by")
	case entity.LongText:
		return some("", "Вход со двора,\nзвонить", "ЁЛКИ [там] * и ?", "100% \\ ' \" сок_")
	case entity.Text:
		return some("", "Ёлка", "магазин «У дома»", "a.b*c[d]e?", "Өскемен Қала", "ящик")
	case entity.Integer:
		return some("", "-5", "0", "7", "100000")
	case entity.Decimal:
		return some("", "-0.5", "0", "53.9")
	case entity.Date:
		return some("", "2024-02-29", "2026-03-01", "1899-12-31")
	case entity.Bool:
		return some("", "1")
	case entity.Directory:
		return some(values[f.Directory]...)
	}
	return some(append([]string{""}, values[f.Ref]...)...) // none yet of its own kind
}

// questions is every way to ask by every field.
func questions(e *entity.Entity, values map[string][]string) (list []entity.Query) {
	ask := func(q entity.Query) {
		q.Sort, q.Limit = entity.ID, 100
		list = append(list, q)
	}
	for i := range e.Fields {
		f := &e.Fields[i]
		if f.Kind.ByValue() {
			options := map[entity.Kind][]string{entity.Bool: {"", "1"}, entity.Reference: append([]string{"", "77777"}, values[f.Ref]...), entity.Directory: values[f.Directory]}[f.Kind]
			for _, one := range options {
				ask(entity.Query{Filters: map[string][]string{f.Name: {one}}})
			}
			ask(entity.Query{Filters: map[string][]string{f.Name: options[:2]}})
		}
		for _, op := range f.Kind.Ops() {
			bounds := []string{""}
			switch {
			case op == entity.Holds:
				bounds = []string{"елк", "ЁЛКА", "у дома", ".b*c[", "[", "*", "?", "\\", "%", "_", "'", "қала", "29 123 45", "80172000000", "со двора, звонить", "example", "нет такого", "a", "ЩИК"}
			case f.Kind == entity.Date:
				bounds = []string{"2026-03-01", "2024-03-01", "0001-01-01"}
			case op == entity.From || op == entity.UpTo:
				bounds = []string{"-5", "0", "54", "-1000000"}
			}
			for _, bound := range bounds {
				ask(entity.Query{Where: []entity.Condition{{Field: f.Name, Op: op, Value: bound}}})
				ask(entity.Query{Where: []entity.Condition{{Field: f.Name, Op: op, Value: bound}}, Responsible: []int64{2}})
			}
		}
	}
	return list
}

// meets is what a query means, said as plainly as can be.
func meets(rec *entity.Record, q entity.Query) bool {
	if len(q.Responsible) > 0 && !slices.ContainsFunc(rec.Responsibles, func(id int64) bool { return slices.Contains(q.Responsible, id) }) {
		return false
	}
	for field, values := range q.Filters {
		if !slices.Contains(values, rec.Get(field)) {
			return false
		}
	}
	for _, c := range q.Where {
		f, value := rec.Entity.Field(c.Field), rec.Get(c.Field)
		switch c.Op {
		case entity.Empty:
			if value != "" {
				return false
			}
			continue
		case entity.Filled:
			if value == "" {
				return false
			}
			continue
		}
		if value == "" || !compares(f, value, c) {
			return false
		}
	}
	return true
}

func compares(f *entity.Field, value string, c entity.Condition) bool {
	fold := func(s string) string {
		return strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(s), "ё", "е"), "\n", " ")
	}
	switch {
	case c.Op == entity.Holds && f.Kind == entity.Phone && strings.Trim(c.Value, "0123456789 ") == "":
		asked := entity.Digits(c.Value)
		if len(asked) == 11 && asked[0] == '8' {
			asked = asked[2:]
		}
		return strings.Contains(entity.Digits(value), asked)
	case c.Op == entity.Holds:
		return strings.Contains(fold(value), fold(c.Value))
	case f.Kind == entity.Date:
		return (c.Op == entity.From) == (value > c.Value) || value == c.Value
	}
	a, _ := strconv.ParseFloat(value, 64)
	b, _ := strconv.ParseFloat(c.Value, 64)
	return (c.Op == entity.From) == (a > b) || a == b
}

// What else a list can be asked for, and what it refuses.
func TestFiltersByWhomAndWhich(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		who := testkit.Admin(t, st)
		w := who.WorkspaceID
		company := st.Catalog().ByName("company")
		var ids []int64
		for n, people := range [][]int64{{1}, {2}, {3}, nil} {
			ids = append(ids, testkit.Company(t, st, w, "К"+strconv.Itoa(n), people...).ID)
		}
		var north int64
		testkit.Write(t, st, w, func(tx *store.Tx) (err error) {
			if north, err = tx.EnsureGroup("Север"); err != nil {
				return err
			}
			return tx.PutMember(north, store.Member{EmployeeID: who.EmployeeID})
		})
		for _, tt := range []struct {
			name string
			q    entity.Query
			want []int64
		}{
			{"of a group", entity.Query{Groups: []int64{north}}, ids[:1]},
			{"of a group or nobody", entity.Query{Groups: []int64{north}, Unassigned: true}, []int64{ids[0], ids[3]}},
			{"of a group or somebody", entity.Query{Groups: []int64{north}, Responsible: []int64{3}}, []int64{ids[0], ids[2]}},
			{"of a group that is not there", entity.Query{Groups: []int64{777}}, nil},
			{"these", entity.Query{IDs: []int64{ids[1], ids[3], 99999}}, []int64{ids[1], ids[3]}},
			{"of these, of nobody", entity.Query{IDs: []int64{ids[1], ids[3]}, Unassigned: true}, ids[3:]},
		} {
			tt.q.Limit, tt.q.Sort = 10, entity.ID
			if diff := cmp.Diff(tt.want, list(t, st, w, company, tt.q)); diff != "" {
				t.Errorf("%s: %s", tt.name, diff)
			}
		}
		for _, c := range []entity.Condition{
			{Field: "password", Op: entity.Empty}, {Field: `name" = '' OR "name`, Op: entity.Filled},
			{Field: "name", Op: "like", Value: "x"}, {Field: "merged_into", Op: entity.From, Value: "x"},
		} {
			err := st.Read(context.Background(), w, func(tx *store.Tx) error {
				_, err := tx.List(company, entity.Query{Limit: 1, Where: []entity.Condition{c}}, everything)
				return err
			})
			if fault.CodeOf(err) != fault.Invalid {
				t.Errorf("%+v: %v", c, err)
			}
		}
	})
}
