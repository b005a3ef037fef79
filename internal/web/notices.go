package web

import (
	"io"
	"strconv"
	"time"

	"nadel/internal/bulk"
	"nadel/internal/notify"
	"nadel/internal/plan"
)

// noticesPage is what an employee was told, newest first.
type noticesPage struct {
	frame
	Rows  []noticeRow
	Pager pager
}

type noticeRow struct {
	ID                int64
	At                time.Time
	Title, Text, Link string
	Unread            bool
}

func (v *visit) noticeRow(n plan.Notice) noticeRow {
	return noticeRow{ID: n.ID, At: n.At, Title: notify.Title(v.say, n), Text: notify.Text(v.say, n), Link: notify.Path(n), Unread: n.ReadAt.IsZero()}
}

func listNotices(v *visit) error {
	asked := v.r.URL.Query()
	list, total, err := v.s.notify.List(v.r.Context(), v.who, (pageAsked(asked)-1)*pageSize, pageSize)
	if err != nil {
		return err
	}
	page := &noticesPage{frame: v.frame(v.say.T("ui.notices")), Pager: newPager("", "/notices", asked, total, pageSize)}
	for _, n := range list {
		page.Rows = append(page.Rows, v.noticeRow(n))
	}
	return v.show("notices", page)
}

// readNotices marks one notice as read, or all of them.
func readNotices(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	id, _ := strconv.ParseInt(form.Get("id"), 10, 64) // none: all of them
	if err := v.s.notify.MarkRead(v.r.Context(), v.who, id); err != nil {
		return err
	}
	return v.seeOther(back(form.Get("back")))
}

// noticePage is one notice about records, with the list of them.
type noticePage struct {
	frame
	Notice noticeRow
	Lists  []movedList
}

// movedList is records that have come to somebody, or gone from him.
type movedList struct {
	Title    string
	Rows     []movedRow
	Next     string // address of the rest; "" when this is all
	Download string
}

type movedRow struct {
	ID, Row    int64
	Title, URL string
	People     shownChange
}

func showNotice(v *visit) error {
	id, err := v.number()
	if err != nil {
		return err
	}
	n, err := v.s.notify.Get(v.r.Context(), v.who, id)
	if err != nil {
		return err
	}
	page := &noticePage{frame: v.frame(notify.Title(v.say, n)), Notice: v.noticeRow(n)}
	page.Address = "/notices/" + strconv.FormatInt(id, 10)
	if n.Kind != plan.Digest {
		return v.show("notice", page)
	}
	asked := v.r.URL.Query()
	for _, way := range []bulk.Way{bulk.Received, bulk.HandedOver} {
		if only := asked.Get("way"); only != "" && only != string(way) {
			continue
		}
		after, _ := strconv.ParseInt(asked.Get("after"), 10, 64) // anything else begins at the beginning
		views, more, err := v.s.bulk.NoticeRecords(v.r.Context(), v.who, id, bulk.MovedQuery{Way: way, After: after, Limit: rowsOnTab})
		if err != nil {
			return err
		}
		if len(views) == 0 {
			continue
		}
		list := v.movedList(views, v.say.T("moved."+string(way)))
		for n := range list.Rows {
			if way == bulk.HandedOver {
				list.Rows[n].URL = "" // he may not see it any more
			}
		}
		if more {
			list.Next = page.Address + "?way=" + string(way) + "&after=" + strconv.FormatInt(views[len(views)-1].RecordID, 10)
		}
		page.Lists = append(page.Lists, list)
	}
	return v.show("notice", page)
}

func (v *visit) movedList(views []bulk.ChangeView, title string) movedList {
	list := movedList{Title: title}
	for n := range views {
		c := &views[n]
		list.Rows = append(list.Rows, movedRow{
			ID: c.RecordID, Row: c.Row, Title: c.Title, URL: recordURL(c.Entity, c.RecordID),
			People: shownChange{Touched: true, People: markPeople(c.Before, c.After), Emptied: len(c.ResponsiblesAfter) == 0},
		})
	}
	return list
}

// movedPage is the records of an import that somebody gains or loses sight of.
type movedPage struct {
	frame
	ImportTitle, ImportURL string
	List                   movedList
}

// movedAsked reads whose records, and which way.
func (v *visit) movedAsked() (bulk.MovedQuery, string) {
	asked := v.r.URL.Query()
	q := bulk.MovedQuery{Way: bulk.Way(asked.Get("way")), Limit: rowsOnTab}
	q.Employee, _ = strconv.ParseInt(asked.Get("employee"), 10, 64) // none: everybody
	q.After, _ = strconv.ParseInt(asked.Get("after"), 10, 64)
	return q, "?employee=" + strconv.FormatInt(q.Employee, 10) + "&way=" + string(q.Way)
}

func showMoved(v *visit) error {
	id, err := v.number()
	if err != nil {
		return err
	}
	i, err := v.s.bulk.Get(v.r.Context(), v.who, id)
	if err != nil {
		return err
	}
	q, asked := v.movedAsked()
	views, more, err := v.s.bulk.Moved(v.r.Context(), v.who, id, q)
	if err != nil {
		return err
	}
	name := v.say.T("moved.everybody")
	if q.Employee != 0 {
		if name, err = v.authorOf(q.Employee); err != nil {
			return err
		}
	}
	title := v.say.T("moved."+string(q.Way)+".title", "name", name)
	page := &movedPage{frame: v.frame(title), ImportTitle: v.importTitle(i), ImportURL: "/imports/" + strconv.FormatInt(id, 10) + "?tab=load", List: v.movedList(views, title)}
	path := "/imports/" + strconv.FormatInt(id, 10) + "/moved"
	page.List.Download = path + "/file" + asked
	if more {
		page.List.Next = path + asked + "&after=" + strconv.FormatInt(views[len(views)-1].RecordID, 10)
	}
	return v.show("moved", page)
}

func downloadMoved(v *visit) error {
	id, err := v.number()
	if err != nil {
		return err
	}
	q, _ := v.movedAsked()
	format := v.formatAsked()
	return v.download(v.say.T("ui.file.moved", "id", id), format, func(w io.Writer) error {
		return v.s.bulk.ExportMoved(v.r.Context(), v.who, id, q, format, v.say.Tag(), w)
	})
}
