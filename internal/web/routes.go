package web

import (
	"errors"
	"net/http"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
)

// route is a line of the one table of everything that can be asked of us.
type route struct {
	method  string
	pattern string
	needs   access.Action // the right without which it is refused; "" is: signed in is enough
	public  bool          // also for who is not signed in
	always  bool          // also for who must first choose a password of his own
	maxBody int64         // bytes; 0 is those of an ordinary form
	handle  func(*visit) error
}

// routes is the table. The four sections are the same lines for each entity of
// the catalog.
func (s *server) routes() []route {
	table := []route{
		{method: "GET", pattern: "/sign-in", public: true, handle: showSignIn},
		{method: "POST", pattern: "/sign-in", public: true, handle: signIn},
		{method: "GET", pattern: "/set-up", public: true, handle: showSetUp},
		{method: "POST", pattern: "/set-up", public: true, handle: setUp},
		{method: "POST", pattern: "/language", public: true, always: true, handle: chooseLanguage},
		{method: "GET", pattern: "/session", always: true, handle: confirmSession},
		{method: "POST", pattern: "/sign-out", always: true, handle: signOut},
		{method: "GET", pattern: "/profile", always: true, handle: showProfile},
		{method: "POST", pattern: "/profile/password", always: true, handle: changePassword},
		{method: "GET", pattern: "/{$}", handle: home},

		{method: "GET", pattern: "/settings", needs: access.Administer, handle: showSettings},
		{method: "POST", pattern: "/settings", needs: access.Administer, handle: saveSettings},

		{method: "GET", pattern: "/notices", needs: access.ReadRecords, handle: listNotices},
		{method: "POST", pattern: "/notices/read", needs: access.ReadRecords, handle: readNotices},
		{method: "GET", pattern: "/notices/{id}", needs: access.ReadRecords, handle: showNotice},

		{method: "GET", pattern: "/history", needs: access.SeeAllImports, handle: searchHistory},
		{method: "GET", pattern: "/imports", needs: access.SeeImports, handle: listImports},
		{method: "GET", pattern: "/imports/{id}", needs: access.SeeImports, handle: showImport},
		{method: "GET", pattern: "/imports/{id}/file", needs: access.SeeImports, handle: downloadFile},
		{method: "GET", pattern: "/imports/{id}/events", needs: access.SeeImports, handle: followImport},
		{method: "GET", pattern: "/imports/{id}/report", needs: access.SeeImports, handle: downloadReport},
		{method: "GET", pattern: "/imports/{id}/moved", needs: access.SeeImports, handle: showMoved},
		{method: "GET", pattern: "/imports/{id}/moved/file", needs: access.SeeImports, handle: downloadMoved},
		{method: "POST", pattern: "/imports/{id}/ask", needs: access.ImportRecords, handle: askApproval},
		{method: "POST", pattern: "/imports/{id}/answer", needs: access.ApproveImports, handle: answerApproval},
		{method: "POST", pattern: "/imports/{id}/accept", needs: access.ImportRecords, handle: acceptGuards},
		{method: "POST", pattern: "/imports/{id}/apply", needs: access.ImportRecords, handle: applyImport},
		{method: "POST", pattern: "/imports/{id}/cancel", needs: access.ImportRecords, handle: cancelImport},
		{method: "POST", pattern: "/imports/{id}/mend", needs: access.ImportRecords, handle: mendImport},
		{method: "POST", pattern: "/imports/{id}/choose", needs: access.ImportRecords, handle: chooseStale},
		{method: "POST", pattern: "/imports/{id}/unmend", needs: access.ImportRecords, handle: unmendImport},
		{method: "POST", pattern: "/imports/{id}/extend", needs: access.ImportRecords, handle: extendImport},
		{method: "GET", pattern: "/mendings", needs: access.Administer, handle: showMendings},
		{method: "POST", pattern: "/mendings/forget", needs: access.Administer, handle: forgetMending},
		{method: "POST", pattern: "/imports/{id}/sheet", needs: access.ImportRecords, handle: chooseSheet},
		{method: "POST", pattern: "/imports/{id}/undo", needs: access.UndoImports, handle: undoImport},

		{method: "GET", pattern: "/employees", needs: access.ManageEmployees, handle: listEmployees},
		{method: "GET", pattern: "/employees/new", needs: access.ManageEmployees, handle: newEmployee},
		{method: "POST", pattern: "/employees/new", needs: access.ManageEmployees, handle: addEmployee},
		{method: "GET", pattern: "/employees/{id}", needs: access.ManageEmployees, handle: showEmployee},
		{method: "POST", pattern: "/employees/{id}", needs: access.ManageEmployees, handle: updateEmployee},
		{method: "POST", pattern: "/employees/{id}/password", needs: access.ManageEmployees, handle: resetPassword},
		{method: "POST", pattern: "/employees/{id}/active", needs: access.ManageEmployees, handle: setEmployeeActive},
		{method: "GET", pattern: "/employees/{id}/export", needs: access.ManageEmployees, handle: exportOfEmployee},
		{method: "POST", pattern: "/employees/{id}/hand-over", needs: access.ManageEmployees, handle: handOver},
		{method: "GET", pattern: "/groups", needs: access.ManageEmployees, handle: listGroups},
		{method: "POST", pattern: "/groups", needs: access.ManageEmployees, handle: addGroup},
		{method: "GET", pattern: "/groups/{id}", needs: access.ManageEmployees, handle: showGroup},
		{method: "POST", pattern: "/groups/{id}", needs: access.ManageEmployees, handle: updateGroup},
		{method: "POST", pattern: "/groups/{id}/drop", needs: access.ManageEmployees, handle: dropGroup},
		{method: "GET", pattern: "/rights", needs: access.ReadRecords, handle: showRights},

		{method: "GET", pattern: "/directories", needs: access.ManageDirectories, handle: listDirectories},
		{method: "GET", pattern: "/directories/{name}", needs: access.ManageDirectories, handle: showDirectory},
		{method: "POST", pattern: "/directories/{name}", needs: access.ManageDirectories, handle: addValue},
		{method: "POST", pattern: "/directories/{name}/{id}", needs: access.ManageDirectories, handle: changeValue},
		{method: "POST", pattern: "/directories/{name}/{id}/merge", needs: access.ManageDirectories, handle: mergeValue},

		{method: "GET", pattern: "/fields", needs: access.Administer, handle: showOwnFields},
		{method: "GET", pattern: "/fields/{kind}", needs: access.Administer, handle: showOwnFields},
		{method: "POST", pattern: "/fields/{kind}", needs: access.Administer, handle: addOwnField},
		{method: "POST", pattern: "/fields/{kind}/{id}", needs: access.Administer, handle: changeOwnField},
	}
	for _, e := range s.catalog.Entities {
		table = append(table, sectionRoutes(e)...)
	}
	return table
}

// sectionRoutes are the lines of one kind. Those of merging are there for kinds
// whose records are merged, those of maps for kinds that have a place.
func sectionRoutes(e *entity.Entity) []route {
	at := "/" + e.Path
	in := func(handle func(*visit, *entity.Entity) error) func(*visit) error {
		return func(v *visit) error { return handle(v, v.catalog().Of(e)) }
	}
	var merging []route
	if _, can := e.MergedInto(); can {
		merging = []route{
			{method: "GET", pattern: at + "/duplicates", needs: access.MergeRecords, handle: in(listDuplicates)},
			{method: "POST", pattern: at + "/duplicates", needs: access.MergeRecords, handle: in(mergeRecord)},
		}
	}
	var onMap []route
	if e.Place != nil {
		onMap = []route{
			{method: "GET", pattern: at + "/map", needs: access.ReadRecords, handle: in(showMap)},
			{method: "GET", pattern: at + "/map/points", needs: access.ReadRecords, handle: in(mapPoints)},
			{method: "GET", pattern: at + "/map/spot", needs: access.ReadRecords, handle: in(showSpot)},
			{method: "GET", pattern: at + "/{id}/point", needs: access.ReadRecords, handle: in(showPoint)},
		}
	}
	return append(append(merging, onMap...), []route{
		{method: "GET", pattern: at, needs: access.ReadRecords, handle: in(listRecords)},
		{method: "POST", pattern: at + "/export", needs: access.ExportRecords, handle: in(exportPicked)},
		{method: "POST", pattern: at + "/select", needs: access.ImportRecords, handle: in(askChange)},
		{method: "POST", pattern: at + "/change", needs: access.ImportRecords, handle: in(changePicked)},
		{method: "POST", pattern: at + "/columns", needs: access.ReadRecords, handle: in(arrangeColumns)},
		{method: "POST", pattern: at + "/views", needs: access.ReadRecords, handle: in(addView)},
		{method: "POST", pattern: at + "/views/{id}/change", needs: access.ReadRecords, handle: in(changeView)},
		{method: "GET", pattern: at + "/lookup", needs: access.ReadRecords, handle: in(lookUp)},
		{method: "GET", pattern: at + "/as-of", needs: access.ExportRecords, handle: in(showPast)},
		{method: "GET", pattern: at + "/as-of/file", needs: access.ExportRecords, handle: in(downloadPast)},
		{method: "GET", pattern: at + "/export", needs: access.ExportRecords, handle: in(exportRecords)},
		{method: "GET", pattern: at + "/template", needs: access.ImportRecords, handle: in(downloadTemplate)},
		{method: "GET", pattern: at + "/import", needs: access.ImportRecords, handle: in(showImportScreen)},
		{method: "POST", pattern: at + "/import", needs: access.ImportRecords, maxBody: bulk.MaxFile + maxForm, handle: in(uploadFile)},
		{method: "GET", pattern: at + "/new", needs: access.EditRecords, handle: in(newRecord)},
		{method: "POST", pattern: at + "/new", needs: access.EditRecords, handle: in(addRecord)},
		{method: "GET", pattern: at + "/{id}", needs: access.ReadRecords, handle: in(showCard)},
		{method: "GET", pattern: at + "/{id}/edit", needs: access.EditRecords, handle: in(editRecord)},
		{method: "POST", pattern: at + "/{id}/edit", needs: access.EditRecords, handle: in(saveRecord)},
		{method: "POST", pattern: at + "/{id}/status", needs: access.EditRecords, handle: in(setRecordStatus)},
	}...)
}

// errAnswered ends a visit that has been answered already.
var errAnswered = errors.New("answered")

// admit lets the visit through to the route or says why not.
func (to route) admit(v *visit) error {
	if to.public {
		return nil
	}
	if !v.signedIn {
		return fault.New(fault.Unauthenticated, "ui.error.session")
	}
	if v.who.MustChangePassword && !to.always {
		if v.r.Method == http.MethodGet && !v.wantsJSON() {
			return errors.Join(errAnswered, v.seeOther("/profile"))
		}
		return fault.New(fault.Denied, "ui.error.own_password_first")
	}
	if to.needs == "" {
		return nil
	}
	return v.who.Must(to.needs)
}
