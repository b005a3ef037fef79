package records

import (
	"context"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// Twin is a record that is likely the same thing as another one, with what
// beside the title they agree in: companies of one name at one address.
type Twin struct {
	*entity.Record
	Note string
}

const (
	twinsTitles = 200  // titles looked at in one go
	twinsShown  = 30   // groups on a page
	twinsRounds = 50   // goes for one page; behind them the next page begins
	twinsOfOne  = 1000 // records looked at that share some titles
)

// Duplicates lists groups of active records that are likely the same thing
// twice, in the order of titles from after on; next is where the following page
// begins, "" at the end.
func (s *Service) Duplicates(ctx context.Context, who access.User, e *entity.Entity, after string) (groups [][]Twin, next string, err error) {
	if err := who.Must(access.MergeRecords); err != nil {
		return nil, "", err
	}
	for range twinsRounds {
		var titles []string
		err := s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
			if titles, err = tx.TitlesTwice(e, after, twinsTitles); err != nil || len(titles) == 0 {
				return err
			}
			recs, err := tx.Titled(e, titles, twinsOfOne)
			if err != nil {
				return err
			}
			twins, err := twinsOf(tx, e, recs)
			groups = append(groups, gathered(twins)...)
			return err
		})
		if err != nil || len(titles) < twinsTitles {
			return groups, "", err
		}
		if after = titles[len(titles)-1]; len(groups) >= twinsShown {
			break
		}
	}
	return groups, after, nil
}

// twinsOf finds of each record what it would have to share with another beside
// the title; those that have nothing of the kind are left out.
func twinsOf(tx *store.Tx, e *entity.Entity, recs []*entity.Record) ([]Twin, error) {
	companion, flag := tx.Catalog().Companion(e)
	if companion == nil {
		return nil, nil
	}
	ids := make([]int64, len(recs))
	for n, rec := range recs {
		ids[n] = rec.ID
	}
	held, err := tx.Held(companion, flag.Name, flag.OnePer, ids)
	var list []Twin
	for _, rec := range recs {
		if mate := held[rec.ID]; mate != nil && twinNote(mate) != "" {
			list = append(list, Twin{rec, twinNote(mate)})
		}
	}
	return list, err
}

func twinNote(mate *entity.Record) string {
	for i := range mate.Entity.Fields {
		if mate.Entity.Fields[i].Twin {
			return mate.Values[i]
		}
	}
	return ""
}

// gathered puts those together that agree in both, however they are written.
func gathered(list []Twin) [][]Twin {
	type key struct{ title, note string }
	at := map[key]int{}
	var all, several [][]Twin
	for _, t := range list {
		k := key{entity.Fold(t.Title()), entity.Fold(t.Note)}
		n, known := at[k]
		if !known {
			n, at[k] = len(all), len(all)
			all = append(all, nil)
		}
		all[n] = append(all[n], t)
	}
	for _, group := range all {
		if len(group) > 1 {
			several = append(several, group)
		}
	}
	return several
}

// Alike lists the active records, within what who may see, that a new one with
// these texts would likely repeat.
func (s *Service) Alike(ctx context.Context, who access.User, e *entity.Entity, given map[string]string) (list []Twin, err error) {
	if err := who.Must(access.EditRecords); err != nil {
		return nil, err
	}
	companion, _ := who.Catalog.Companion(e)
	if companion == nil {
		return nil, nil
	}
	blank := entity.NewRecord(companion)
	for i := range companion.Fields {
		if f := &companion.Fields[i]; f.Twin {
			text, err := f.Parse(given[companion.Name+"."+f.Name])
			if fault.CodeOf(err) == fault.Invalid {
				return nil, nil
			}
			blank.Values[i] = text
		}
	}
	title, note := entity.Fold(given[e.Title]), entity.Fold(twinNote(blank))
	err = s.store.Read(ctx, who.WorkspaceID, func(tx *store.Tx) error {
		recs, err := tx.Titled(e, []string{title}, twinsOfOne)
		if err != nil {
			return err
		}
		twins, err := twinsOf(tx, e, recs)
		for _, t := range twins {
			if entity.Fold(t.Note) == note && who.Scope().Sees(t.Record) {
				list = append(list, t)
			}
		}
		return err
	})
	return list, err
}
