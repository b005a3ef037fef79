package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"

	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/plan"
	"nadel/sheet"
)

// importScreen is where a file is fetched, filled in and brought back.
type importScreen struct {
	frame
	Section     *entity.Entity
	SectionName string
	Path        string
	Most        int64 // bytes of a file
	Lists       []option
	Sheet       string
	Fault       string
	Help        []helpLine
	Creates     bool // new records; else changes of those that are there
}

// Megabytes is Most as people say it.
func (p *importScreen) Megabytes() int64 { return p.Most >> 20 }

// helpLine explains one way of writing in the responsibles column.
type helpLine struct{ Cell, Means string }

func showImportScreen(v *visit, e *entity.Entity) error {
	return v.importScreen(http.StatusOK, e, nil)
}

func (v *visit) importScreen(status int, e *entity.Entity, wrong error) error {
	page := &importScreen{
		Section: e, SectionName: v.say.T("entity." + e.Name + ".many"), Path: "/" + e.Path, Most: bulk.MaxFile,
		Sheet: v.r.URL.Query().Get("sheet"), Fault: v.say.Fault(wrong),
	}
	page.Creates = plan.Mode(v.r.URL.Query().Get("mode")) == plan.Create
	page.frame = v.frame(v.say.T("ui.import.title", "section", page.SectionName))
	for _, lists := range []plan.Lists{plan.Replace, plan.Add, plan.Remove} {
		page.Lists = append(page.Lists, option{Value: string(lists), Label: v.say.T("ui.lists." + string(lists)), Selected: string(lists) == v.who.Lists})
	}
	for _, way := range []string{"set", "add", "remove", "replace", "clear", "blank"} {
		page.Help = append(page.Help, helpLine{v.say.T("ui.help." + way + ".cell"), v.say.T("ui.help." + way)})
	}
	v.render(status, "importscreen", page)
	return nil
}

// uploadFile takes the file as it arrives, without keeping it on our disk, and
// begins the import. The choices come before the file in the form.
func uploadFile(v *visit, e *entity.Entity) error {
	i, err := v.receive(e)
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		err = fault.New(fault.TooLarge, "error.file_too_large", "max", int64(bulk.MaxFile>>20))
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, os.ErrDeadlineExceeded): // it broke off on its way
		err = broken(err)
	}
	switch {
	case err == nil:
		to := "/imports/" + strconv.FormatInt(i.ID, 10)
		if v.wantsJSON() {
			v.json(http.StatusCreated, struct {
				Location string `json:"location"`
			}{to})
			return nil
		}
		return v.seeOther(to)
	case v.wantsJSON() || fault.CodeOf(err) == fault.Internal:
		return err
	}
	return v.importScreen(statusOf(err), e, err)
}

func (v *visit) receive(e *entity.Entity) (*plan.Import, error) {
	parts, err := v.r.MultipartReader()
	if err != nil {
		return nil, fault.New(fault.Usage, "ui.error.bad_form")
	}
	u := bulk.Upload{Entity: e, Mode: plan.Mode(v.r.URL.Query().Get("mode")), Options: plan.Options{Language: v.say.Tag()}}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, fault.New(fault.Invalid, "ui.import.no_file")
		}
		if err != nil {
			return nil, err
		}
		if part.FormName() == "file" {
			if u.Name = part.FileName(); u.Name == "" {
				return nil, fault.New(fault.Invalid, "ui.import.no_file")
			}
			u.Content = part
			return v.s.bulk.Upload(v.r.Context(), v.who, u)
		}
		if err := chooseOption(&u, part); err != nil {
			return nil, err
		}
	}
}

func chooseOption(u *bulk.Upload, part *multipart.Part) error {
	const longest = 1000
	content, err := io.ReadAll(io.LimitReader(part, longest))
	if err != nil {
		return err
	}
	value := string(content)
	switch part.FormName() {
	case "lists":
		u.Options.Lists = plan.Lists(value)
	case "hidden":
		u.Options.Hidden = plan.Hidden(value)
	case "sheet":
		u.Options.Sheet = value
	case "related":
		u.Options.Related = value == "1"
	case "rename":
		u.Options.Rename = value == "1"
	case "all_or_nothing":
		u.AllOrNothing = value == "1"
	}
	return nil
}

func downloadTemplate(v *visit, e *entity.Entity) error {
	o := bulk.TemplateOptions{Mode: plan.Edit, Format: v.formatAsked(), Language: v.say.Tag()}
	name := v.say.T("ui.file.template", "section", v.sectionName(e))
	if plan.Mode(v.r.URL.Query().Get("mode")) == plan.Create {
		o.Mode, name = plan.Create, v.say.T("ui.file.new_template", "section", v.sectionName(e))
	}
	return v.download(name, o.Format, func(w io.Writer) error {
		return v.s.bulk.Template(v.r.Context(), v.who, e, o, w)
	})
}

// exportRecords gives the records of the list as it is: all pages of it.
func exportRecords(v *visit, e *entity.Entity) error {
	asked := v.r.URL.Query()
	l, err := v.listState(e, asked)
	if err != nil {
		return err
	}
	if l.blind() { // the list says what is wrong
		return v.seeOther(l.path())
	}
	l.q.Offset, l.q.Limit = 0, 0
	name, o := v.exportAsked(l, asked.Get("for"))
	return v.download(name, o.Format, func(w io.Writer) error {
		return v.s.bulk.Export(v.r.Context(), v.who, e, l.q, o, w)
	})
}

// exportAsked is the name of an export's file and what it is to be like.
func (v *visit) exportAsked(l *listState, purpose string) (name string, o bulk.ExportOptions) {
	section := v.sectionName(l.e)
	o = bulk.ExportOptions{Format: v.formatAsked(), Language: v.say.Tag()}
	switch purpose {
	case "edit":
		o.ForEdit = true
	case "fields":
		o.ForEdit, o.Fields = true, []string{bulk.AllFields}
	default:
		o.Columns = l.columns
		return v.say.T("ui.file.list", "section", section), o
	}
	return v.say.T("ui.file.edit", "section", section), o
}

// exportOfEmployee gives everything of one employee, as a workbook to be edited.
func exportOfEmployee(v *visit) error {
	id, err := v.number()
	if err != nil {
		return err
	}
	p, err := v.s.access.Employee(v.r.Context(), v.who, id)
	if err != nil {
		return err
	}
	format := v.formatAsked()
	o := bulk.ExportOptions{ForEdit: true, Format: format, Language: v.say.Tag()}
	return v.download(v.say.T("ui.file.of_employee", "login", p.Login), format, func(w io.Writer) error {
		return v.s.bulk.ExportAll(v.r.Context(), v.who, []int64{id}, o, w)
	})
}

func downloadReport(v *visit) error {
	id, err := v.number()
	if err != nil {
		return err
	}
	format := v.formatAsked()
	return v.download(v.say.T("ui.file.report", "id", id), format, func(w io.Writer) error {
		return v.s.bulk.Report(v.r.Context(), v.who, id, format, v.say.Tag(), w)
	})
}

func (v *visit) sectionName(e *entity.Entity) string { return v.say.T("entity." + e.Name + ".many") }

// formatAsked is the format of a download: what the address asks for, else xlsx.
func (v *visit) formatAsked() sheet.Format {
	switch f := sheet.Format(v.r.URL.Query().Get("format")); f {
	case sheet.ODS, sheet.CSV:
		return f
	}
	return sheet.XLSX
}

var mediaTypes = map[sheet.Format]string{
	sheet.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	sheet.ODS:  "application/vnd.oasis.opendocument.spreadsheet",
	sheet.CSV:  "text/csv; charset=utf-8",
}

// download sends a file as it is being made. A failure before the first byte is
// an ordinary error; a later one breaks the connection off, so that nobody takes
// half a file for a whole one.
func (v *visit) download(name string, format sheet.Format, write func(io.Writer) error) error {
	d := &delivery{v: v, name: name + "." + string(format), kind: mediaTypes[format]}
	err := write(d)
	if err != nil && d.begun {
		v.s.log.ErrorContext(v.r.Context(), "download broken off", "request", v.id, "route", v.r.Pattern, "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

type delivery struct {
	v          *visit
	name, kind string
	begun      bool
}

// Write sends the headers of a download before its first bytes.
func (d *delivery) Write(p []byte) (int, error) {
	if !d.begun {
		d.begun = true
		h := d.v.w.Header()
		h.Set("Content-Type", d.kind)
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.name}))
	}
	return d.v.w.Write(p)
}

// downloadPast sends the records as they were on a date, as an edit file.
func downloadPast(v *visit, e *entity.Entity) error {
	q, err := v.asOfAsked(v.r.URL.Query())
	if err != nil {
		return err
	}
	o := bulk.ExportOptions{Format: v.formatAsked(), Language: v.say.Tag()}
	name := v.say.T("ui.file.past", "section", v.sectionName(e), "date", q.At.In(v.zone).Format("2006-01-02"))
	return v.download(name, o.Format, func(w io.Writer) error {
		return v.s.bulk.ExportAsOf(v.r.Context(), v.who, e, q, o, w)
	})
}
