package bulk

import (
	"strconv"

	"nadel/internal/entity"
	"nadel/internal/store"
)

// suggestAtMost is for how many wrong values of a file records are looked up that
// may have been meant: whoever has more than that has the wrong file.
const suggestAtMost = 2000

// nearest is the one record of e that was probably meant by a name that none has:
// its name, or its number where several are called so. It is "" when nobody can
// tell.
func (p *planner) nearest(tx *store.Tx, e *entity.Entity, text string) (string, error) {
	if p.suggested++; p.suggested > suggestAtMost {
		return "", nil
	}
	folded := entity.Fold(text)
	for _, other := range []string{entity.OtherLayout(folded), entity.Skeleton(folded)} {
		ids, err := p.named(tx, e, other, 2)
		if err != nil || len(ids) == 1 {
			return p.callIt(tx, e, ids, err)
		}
	}
	titles, err := p.nearTitles(tx, e, folded)
	if err != nil {
		return "", err
	}
	var best []int64
	nearest := 3
	for id, title := range titles {
		near := entity.Fold(title)
		most := slips(near, folded)
		switch d := distance(folded, near, most); {
		case d > most || d > nearest:
		case d < nearest:
			best, nearest = []int64{id}, d
		default:
			best = append(best, id)
		}
	}
	return p.callIt(tx, e, best, nil)
}

// callIt is how a cell names the one record; "" when it is not one.
func (p *planner) callIt(tx *store.Tx, e *entity.Entity, ids []int64, err error) (string, error) {
	if err != nil || len(ids) != 1 {
		return "", err
	}
	titles, err := tx.Titles(e, ids)
	if err != nil {
		return "", err
	}
	title := titles[ids[0]]
	same, err := p.named(tx, e, title, 2)
	if digits, _ := textDigits(title); len(same) != 1 || digits != "" { // a name of digits would be read as a number
		title = strconv.FormatInt(ids[0], 10)
	}
	return title, err
}

// nearTitles is the names that may lie two slips from a text: a slip spoils one
// part of it, so that of one part more than there are slips one is whole.
func (p *planner) nearTitles(tx *store.Tx, e *entity.Entity, folded string) (map[int64]string, error) {
	const looked = 200
	letters := []rune(folded)
	parts := slips(folded, folded) + 1
	length := len(letters) / parts
	if parts == 1 || len(letters) > longestTitle {
		return nil, nil //nolint:nilnil // so short a text is like anything
	}
	titles := map[int64]string{}
	for n := range parts {
		end := (n + 1) * length
		if n == parts-1 {
			end = len(letters)
		}
		ids, err := tx.Holding(e, string(letters[n*length:end]), looked)
		if err != nil {
			return nil, err
		}
		if ids, err = p.seen(tx, e, ids); err != nil {
			return nil, err
		}
		found, err := tx.Titles(e, ids)
		if err != nil {
			return nil, err
		}
		for id, title := range found {
			titles[id] = title
		}
	}
	return titles, nil
}

// longestTitle is how long a name may be, in letters, for one like it to be looked for.
const longestTitle = 100

// instead is the record of another kind that goes with a record: the company of a
// location, or a company's main location; "" when there is no one such record.
func (p *planner) instead(tx *store.Tx, kind *entity.Entity, id int64, wanted *entity.Entity) (string, error) {
	if p.suggested++; p.suggested > suggestAtMost {
		return "", nil
	}
	for n := range kind.Fields {
		if f := &kind.Fields[n]; f.Kind == entity.Reference && f.Ref == wanted.Name && !f.Derived {
			rec, err := tx.Get(kind, id)
			if err != nil {
				return "", err
			}
			seen, err := p.seen(tx, wanted, entity.ParseIDs(rec.Get(f.Name)))
			return entity.IDsText(seen), err
		}
	}
	for n := range wanted.Fields {
		f := &wanted.Fields[n]
		if f.OnePer == "" || wanted.Field(f.OnePer).Ref != kind.Name {
			continue
		}
		holder, found, err := tx.Holder(wanted, f.Name, f.OnePer, id)
		if err != nil || !found {
			return "", err
		}
		seen, err := p.seen(tx, wanted, []int64{holder})
		return entity.IDsText(seen), err
	}
	return "", nil
}
