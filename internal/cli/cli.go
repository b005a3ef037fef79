// Package cli is the command line: it reads what was typed, calls the use cases
// of access and bulk as the operator, and says what came of it, for people or as
// JSON. It holds no rule of its own. How the house behind it is built and torn
// down is handed in by app.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"nadel/internal/access"
	"nadel/internal/bulk"
	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/locale"
	"nadel/internal/notify"
	"nadel/internal/records"
)

// House is what the command line is let into.
type House struct {
	Catalog  *entity.Catalog
	Locales  *locale.Set
	Version  string // of the program
	Out, Err io.Writer
	Terminal bool // Err is a terminal: progress may move

	// Open opens the database of a configuration, makes and migrates it when it
	// is fresh, and builds the use cases on it.
	Open func(context.Context, Config) (*Rooms, error)
	// Serve runs the server on an open house until the context ends. opened is
	// called with the address in the browser once it answers.
	Serve func(ctx context.Context, c Config, r *Rooms, opened func(address string)) error
	// Backup writes all that the database of a configuration holds, Restore fills
	// it from that, Copy fills one database with what another holds.
	Backup  func(context.Context, Config, io.Writer, Progress) error
	Restore func(ctx context.Context, c Config, backup io.ReadSeeker, replace bool, p Progress) error
	Copy    func(ctx context.Context, from, to string, replace bool, p Progress) error
	// Demo prepares a demonstration: the configuration to go on with.
	Demo func(Config) Config
}

// Rooms are the use cases of an open house.
type Rooms struct {
	Access  *access.Service
	Records *records.Service
	Bulk    *bulk.Service
	Notify  *notify.Service

	// Distribute spreads the database over the nodes of a Citus cluster.
	Distribute func(context.Context) error
	// Check verifies the database and says in the given language what is wrong.
	Check func(ctx context.Context, l *locale.Locale) ([]string, error)
	// Seed fills the workspace with made-up data; made is called now and then
	// with the number of companies so far.
	Seed func(ctx context.Context, who access.User, s Seed, made func(int)) error
	// FillDemo makes the demonstration's data, unless they are there already, and
	// writes a sample edit file.
	FillDemo func(context.Context, Config) (Demo, error)
	Close    func() error
}

// Seed is how much made-up data to make.
type Seed struct {
	Companies, Employees int
	Seed                 uint64
}

// Demo is how to get into the demonstration.
type Demo struct {
	Workspace, Login, Password string
	Sample                     string // path of an edit file to try
}

// Exit statuses, apart from 0.
const (
	statusOther   = 1
	statusUsage   = 2
	statusRefused = 3
	statusRows    = 4
)

// statuses is the one map from the code of a fault to the exit status; what is
// not in it is statusOther.
var statuses = map[fault.Code]int{
	fault.Usage:    statusUsage,
	fault.Invalid:  statusUsage, // all that is given here is given as arguments
	fault.Refused:  statusRefused,
	fault.TooLarge: statusRefused,
}

// ended is the end of a command that has said all there is to say.
type ended int

func (e ended) Error() string { return fmt.Sprintf("ended with status %d", int(e)) }

// Run carries out the command that args (without the program's name) ask for,
// and returns the exit status.
func Run(ctx context.Context, args []string, h House) int {
	say := h.Locales.Get(wantedLanguage(args))
	var g grammar
	ctl, status, done := parse(args, h, say, &g)
	if done {
		return status
	}
	s := &session{house: h, config: g.Config, say: h.Locales.Get(g.Lang)}
	ctl.BindTo(ctx, (*context.Context)(nil))
	err := ctl.Run(s)
	return s.end(ctx, errors.Join(err, s.close()))
}

// exited is thrown by kong's wish to exit, after it has printed help.
type exited int

// parse reads the arguments. done means that there is nothing to carry out: the
// arguments were wrong, or asked for help.
func parse(args []string, h House, say *locale.Locale, g *grammar) (ctl *kong.Context, status int, done bool) {
	defer func() {
		switch left := recover().(type) {
		case nil:
		case exited:
			ctl, status, done = nil, int(left), true
		default:
			panic(left)
		}
	}()
	help := &helpWriter{out: h.Out, say: say}
	parser, err := kong.New(g,
		kong.Name("nadel"),
		kong.Description(say.T("cli.help.nadel")),
		kong.Writers(help, h.Err),
		kong.Exit(func(status int) { panic(exited(status)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		helpTexts(say), choices(h),
	)
	if err != nil {
		panic(fmt.Sprintf("the grammar of the command line contradicts itself: %v", err))
	}
	ctl, err = parser.Parse(args)
	if err != nil {
		_, _ = fmt.Fprintln(h.Err, misuse(say, err))
		return nil, statusUsage, true
	}
	return ctl, 0, false
}

// wantedLanguage finds the language before the arguments are understood, for
// the help and for saying that they are not.
func wantedLanguage(args []string) string {
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--lang="); ok {
			return value
		}
		if arg == "--lang" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return languageOfEnvironment()
}

// session is one command being carried out.
type session struct {
	house  House
	config Config
	say    *locale.Locale
	rooms  *Rooms // nil until open
}

// open opens the house, once.
func (s *session) open(ctx context.Context) (*Rooms, error) {
	if s.rooms != nil {
		return s.rooms, nil
	}
	rooms, err := s.house.Open(ctx, s.config)
	if err != nil {
		return nil, err
	}
	s.rooms = rooms
	return rooms, nil
}

// enter opens the house and finds out in whose name the command acts: the
// operator, in the workspace that the configuration names.
func (s *session) enter(ctx context.Context) (*Rooms, access.User, error) {
	rooms, err := s.open(ctx)
	if err != nil {
		return nil, access.User{}, err
	}
	who, err := rooms.Access.Operator(ctx, s.config.Workspace)
	if err != nil {
		return nil, access.User{}, err
	}
	who.Language = s.say.Tag()
	s.say = s.say.With(who.Catalog)
	return rooms, who, nil
}

func (s *session) close() error {
	if s.rooms == nil {
		return nil
	}
	return s.rooms.Close()
}

// end tells how the command ended and finds its status. Whoever types commands
// is the operator: errors of ours are shown as they are.
func (s *session) end(ctx context.Context, err error) int {
	var e ended
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return int(e)
	case ctx.Err() != nil && fault.CodeOf(err) == fault.Internal:
		s.complain(s.say.T("cli.interrupted"))
		return statusOther
	}
	sentence := sentences(s.say, err)
	if sentence == "" {
		sentence = s.say.T("cli.internal", "problem", err.Error())
	}
	s.complain(sentence)
	if status, ok := statuses[fault.CodeOf(err)]; ok {
		return status
	}
	return statusOther
}

// print writes a line of the answer. A writer that fails (a closed pipe) has
// nobody listening, so there is nobody to tell.
func (s *session) print(line string) { _, _ = fmt.Fprintln(s.house.Out, line) }

// complain writes a line beside the answer.
func (s *session) complain(line string) { _, _ = fmt.Fprintln(s.house.Err, line) }
