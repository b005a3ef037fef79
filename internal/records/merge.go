package records

import (
	"errors"
	"slices"
	"strings"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// ContestedError is the fault of two people who have written the same fields
// differently: nothing is saved until somebody chooses.
type ContestedError struct {
	Fault  *fault.Error
	Record *entity.Record // as it stands now
	Fields []Contest
	// Draft is what the record would be with the late writer's choice in every
	// contested field: his own changes over what the record is now.
	Draft map[string]string
}

// Contest is one field that both have written.
type Contest struct{ Field, Theirs, Yours string }

// Error is for logs.
func (c *ContestedError) Error() string { return c.Fault.Error() }

// Unwrap is the fault for those who do not care for the fields.
func (c *ContestedError) Unwrap() error { return c.Fault }

func isContested(err error) bool {
	var c *ContestedError
	return errors.As(err, &c)
}

// mergeable reduces what somebody gave, who has seen an earlier version, to what
// he himself has changed since; ContestedError when another has changed the same.
func mergeable(tx *store.Tx, now *entity.Record, version int64, given map[string]string) (map[string]string, error) {
	since, err := changesSince(tx, now, version)
	if err != nil {
		return nil, err
	}
	seen := map[string]string{} // as it stood at version, of what has changed since
	for _, h := range since {   // newest first: the last one to write is the oldest
		for _, c := range h.Changes {
			seen[c.Field] = c.Before
		}
	}
	present, mine := textsOf(now), map[string]string{}
	var contests []Contest
	for field, raw := range given {
		before, touched := seen[field]
		yours, err := canonical(now.Entity, field, raw)
		switch {
		case touched && err == nil && (yours == before || yours == present[field]):
			continue // left alone, or both meant the same
		case touched:
			contests = append(contests, Contest{Field: field, Theirs: present[field], Yours: yours})
		}
		mine[field] = raw
	}
	if len(contests) == 0 {
		return mine, nil
	}
	slices.SortFunc(contests, func(a, b Contest) int { return place(now.Entity, a.Field) - place(now.Entity, b.Field) })
	for field, raw := range mine {
		present[field] = raw
	}
	return nil, &ContestedError{Fault: changedMeanwhile(now, since, contests), Record: now, Fields: contests, Draft: present}
}

// changesSince is the history of a record after version. A version that the
// record never had was seen by nobody.
func changesSince(tx *store.Tx, rec *entity.Record, version int64) ([]HistoryEntry, error) {
	if version < 1 || version > rec.Version {
		return nil, fault.New(fault.Usage, "error.no_such_version", "id", rec.ID, "version", version)
	}
	list, err := history(tx, rec.Entity, rec.ID)
	return slices.DeleteFunc(list, func(h HistoryEntry) bool { return h.Version <= version }), err
}

// changedMeanwhile says who was first, and in which fields.
func changedMeanwhile(rec *entity.Record, since []HistoryEntry, contests []Contest) *fault.Error {
	who := ""
	if len(since) > 0 {
		who = since[0].Name
	}
	fields := make([]string, len(contests))
	for i, c := range contests {
		fields[i] = c.Field
	}
	return fault.New(fault.Conflict, "error.changed_meanwhile", "id", rec.ID, "entity", rec.Entity.Name,
		"who", who, "fields", strings.Join(fields, ","))
}

// textsOf is every field of a record as Update takes them.
func textsOf(rec *entity.Record) map[string]string {
	texts := map[string]string{entity.Active: entity.BoolText(rec.Active), entity.Responsibles: entity.IDsText(rec.Responsibles)}
	for i := range rec.Entity.Fields {
		texts[rec.Entity.Fields[i].Name] = rec.Values[i]
	}
	return texts
}

// canonical reads what was given for any field, without asking whether it may stand there.
func canonical(e *entity.Entity, field, raw string) (string, error) {
	switch {
	case field == entity.Active:
		return activeField.Parse(raw)
	case field == entity.Responsibles:
		return entity.IDsText(entity.SortedSet(entity.ParseIDs(raw))), nil
	case e.Has(field):
		return e.Field(field).Parse(raw)
	}
	return raw, nil
}

// place orders fields as people see them.
func place(e *entity.Entity, field string) int {
	if e.Has(field) {
		return e.Index(field)
	}
	return -1
}
