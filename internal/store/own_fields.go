package store

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// A workspace sees the catalog with its own fields. Each transaction asks whether
// those are still the ones that this process has read; the answer is a number that
// is another one after every change, on whatever node it was made.

// ownCatalog is a workspace's catalog as it was at a revision of its fields.
type ownCatalog struct {
	revision int64
	catalog  *entity.Catalog
}

// Catalog is the declarations as the workspace of the transaction sees them: with
// the fields of its own.
func (tx *Tx) Catalog() *entity.Catalog { return tx.catalog }

// knowCatalog finds out what the workspace sees.
func (tx *Tx) knowCatalog() error {
	tx.catalog = tx.Store.catalog
	if tx.workspace == 0 {
		return nil
	}
	var revision int64
	if _, err := tx.one("SELECT fields_revision FROM workspaces WHERE id = ?", []any{tx.workspace}, &revision); err != nil || revision == 0 {
		return err
	}
	if known, ok := tx.owns.Load(tx.workspace); ok && known.(ownCatalog).revision == revision {
		tx.catalog = known.(ownCatalog).catalog
		return nil
	}
	fields, err := tx.OwnFields()
	if err != nil {
		return err
	}
	tx.catalog = tx.Store.catalog.With(fields)
	tx.owns.Store(tx.workspace, ownCatalog{revision, tx.catalog})
	return nil
}

// of is the kind of record e as the workspace sees it, whoever hands e in.
func (tx *Tx) of(e *entity.Entity) *entity.Entity { return tx.catalog.Of(e) }

// OwnFields lists the fields that the workspace has declared, retired ones
// included: for each kind of record in their order.
func (tx *Tx) OwnFields() ([]entity.OwnField, error) {
	var list []entity.OwnField
	err := tx.query("SELECT id, kind, type, heading, mandatory, retired, place FROM own_fields WHERE workspace_id = ? ORDER BY kind, place, id",
		[]any{tx.workspace}, func(scan func(...any) error) error {
			var f entity.OwnField
			var kind int
			if err := scan(&f.ID, &kind, &f.Kind, &f.Heading, &f.Mandatory, &f.Retired, &f.Place); err != nil {
				return fmt.Errorf("read a field of the workspace: %w", err)
			}
			e := tx.Store.catalog.ByNumber(kind)
			if e == nil || !f.Kind.Known() {
				return fmt.Errorf("%w: own field %d of kind %d, type %q", errDamaged, f.ID, kind, f.Kind)
			}
			f.Entity = e.Name
			list = append(list, f)
			return nil
		})
	return list, err
}

// LockOwnFields is OwnFields for whoever is about to change them: nobody else
// does before the transaction ends.
func (tx *Tx) LockOwnFields() ([]entity.OwnField, error) {
	if err := tx.alone(); err != nil {
		return nil, err
	}
	return tx.OwnFields()
}

// SaveOwnField stores a field: a new one (which has no number yet) behind the
// others of its kind, or what is to be different of one that is there. folded is
// its heading as headings of files are compared; one that is taken is a fault.
func (tx *Tx) SaveOwnField(f *entity.OwnField, folded string) error {
	e := tx.catalog.ByName(f.Entity)
	var err error
	if f.ID == 0 {
		if _, err := tx.one(`SELECT COALESCE(MAX(id), 0) + 1, COALESCE(MAX(place), 0) + 1 FROM own_fields WHERE workspace_id = ?`,
			[]any{tx.workspace}, &f.ID, &f.Place); err != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO own_fields (workspace_id, id, kind, type, heading, heading_folded, mandatory, retired, place)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			tx.workspace, f.ID, e.Number, f.Kind, f.Heading, folded, truth(f.Mandatory), truth(f.Retired), f.Place)
	} else {
		_, err = tx.exec(`UPDATE own_fields SET heading = ?, heading_folded = ?, mandatory = ?, retired = ?, place = ?
			WHERE workspace_id = ? AND id = ?`, f.Heading, folded, truth(f.Mandatory), truth(f.Retired), f.Place, tx.workspace, f.ID)
	}
	if tx.dialect.unique(err) {
		return fault.New(fault.Invalid, "error.heading_taken", "heading", f.Heading).In("heading")
	}
	if err != nil {
		return err
	}
	return tx.fieldsChanged()
}

// fieldsChanged tells every process that what it knows of the workspace's fields
// is outdated. The number is a random one, so that it is another one, too, when
// the database was filled from an archive meanwhile.
func (tx *Tx) fieldsChanged() error {
	if _, err := tx.exec("UPDATE workspaces SET fields_revision = ? WHERE id = ?", 1+rand.Int64N(math.MaxInt64), tx.workspace); err != nil {
		return err
	}
	fields, err := tx.OwnFields()
	tx.catalog = tx.Store.catalog.With(fields)
	return err
}

// OwnFieldUses counts the records that hold a value of each own field, by the
// field's number.
func (tx *Tx) OwnFieldUses() (map[int64]int64, error) {
	uses := map[int64]int64{}
	err := tx.query("SELECT field, COUNT(*) FROM own_values WHERE workspace_id = ? GROUP BY field", []any{tx.workspace},
		func(scan func(...any) error) error {
			var field, n int64
			err := scan(&field, &n)
			uses[field] = n
			return err
		})
	return uses, err
}

// valueSQL is the SQL expression for a field's value in the wide row w. Of an own
// field it is a look into the values of the workspace's fields.
func valueSQL(f *entity.Field) string {
	if f.Own == 0 {
		return "w." + quote(f.Name)
	}
	return "(SELECT v." + ownColumn(f) + " FROM own_values v WHERE v.workspace_id = w.workspace_id AND v.field = " +
		strconv.FormatInt(f.Own, 10) + " AND v.record_id = w.id)"
}

// ownColumn is the column of own_values that a field's values stand in.
func ownColumn(f *entity.Field) string {
	return cmp.Or(map[entity.Kind]string{entity.Decimal: "number", entity.Directory: "value", entity.Bool: "value"}[f.Kind], "text")
}
