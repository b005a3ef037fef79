package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"nadel/internal/entity"
	"nadel/internal/plan"
	"nadel/internal/store"
	"nadel/internal/testkit"
)

// TestPlanOfSeveralKinds applies a plan of companies and contacts that touches
// their fields: what can be found by a field's old and new value, what history
// says, and what a record of another version keeps.
func TestPlanOfSeveralKinds(t *testing.T) {
	testkit.EachEngine(t, func(t *testing.T, st *store.Store) {
		w := testkit.Admin(t, st).WorkspaceID
		company, contact := st.Catalog().ByName("company"), st.Catalog().ByName("contact")
		firm, other, person := entity.NewRecord(company), entity.NewRecord(company), entity.NewRecord(contact)
		firm.Set("name", "Ёлка")
		other.Set("name", "Дуб")
		person.Set("name", "Анна")
		i := &plan.Import{Entity: company, Kinds: []*entity.Entity{company, contact}, Mode: plan.Edit}
		var conflicts []int64
		testkit.Write(t, st, w, func(tx *store.Tx) error {
			for _, rec := range []*entity.Record{firm, other} {
				if err := tx.Insert(rec); err != nil {
					return err
				}
			}
			person.Set("company", entity.IDsText([]int64{firm.ID}))
			return tx.Insert(person)
		})
		changes := []plan.Change{
			{Entity: company, RecordID: firm.ID, Row: 2, Version: 1, Fields: []entity.Change{{Field: "name", Before: "Ёлка", After: "Сосна"}, {Field: "phone", After: "+375 17 200-00-00"}}},
			{Entity: company, RecordID: other.ID, Row: 3, Version: 7, Fields: []entity.Change{{Field: "name", Before: "Дуб", After: "Клён"}}},
			{Entity: contact, RecordID: person.ID, Row: 4, Version: 1, TouchesActive: true, ActiveBefore: true, Fields: []entity.Change{{Field: "email", After: "a@b.by"}}},
		}
		testkit.Write(t, st, w, func(tx *store.Tx) (err error) {
			if err := tx.InsertImport(i, false); err != nil {
				return err
			}
			if err := tx.AddChanges(i.ID, changes); err != nil {
				return err
			}
			conflicts, _, err = tx.ApplyPlan(changes)
			return err
		})
		if diff := cmp.Diff([]int64{other.ID}, conflicts); diff != "" {
			t.Errorf("conflicts (-wanted +got):\n%s", diff)
		}
		testkit.Read(t, st, w, func(tx *store.Tx) error {
			for _, tt := range []struct {
				e      *entity.Entity
				search string
				want   int64
			}{{company, "сосна", 1}, {company, "елка", 0}, {company, "2000000", 1}, {company, "дуб", 1}, {company, "клен", 0}, {contact, "a@b.by", 1}} {
				n, err := tx.Count(tt.e, entity.Query{Search: tt.search}, entity.Scope{All: true})
				if err != nil {
					return err
				}
				if n != tt.want {
					t.Errorf("%q finds %d records of %s, want %d", tt.search, n, tt.e.Name, tt.want)
				}
			}
			got, err := tx.Get(contact, person.ID)
			if err != nil {
				return err
			}
			if got.Active || got.Version != 2 || got.Get("email") != "a@b.by" || got.Get("name") != "Анна" {
				t.Errorf("the contact is %+v", got)
			}
			read, err := tx.Import(i.ID)
			if err != nil {
				return err
			}
			if diff := cmp.Diff([]*entity.Entity{company, contact}, read.Kinds, sameKind); diff != "" || !read.Mixed() {
				t.Errorf("kinds (-wanted +got):\n%s", diff)
			}
			return nil
		})
	})
}
