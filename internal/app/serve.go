package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"nadel/internal/cli"
	"nadel/internal/notify"
	"nadel/internal/web"
)

const (
	// headerPatience is how long a browser may take to say what it wants; how
	// long the rest may take is for each page to say.
	headerPatience = 10 * time.Second
	// idlePatience is how long a connection is kept for the next request.
	idlePatience = 2 * time.Minute
	// stopPatience is how long requests may take to end once the server stops;
	// after streamPatience those that wait for news are told to end.
	stopPatience   = 15 * time.Second
	streamPatience = 2 * time.Second
	headerBytes    = 64 << 10
)

// serve answers browsers and works on imports until ctx ends, then stops in
// order: no new requests, the present ones end, the import in hand rests after
// its chunk.
func (h *house) serve(ctx context.Context, c cli.Config, r *cli.Rooms, opened func(address string)) error {
	proxies, err := cli.Prefixes(c.TrustedProxies)
	if err != nil {
		return err
	}
	tiles, err := web.ParseTiles(c.Tiles, c.TilesCredit)
	if err != nil {
		return err
	}
	pages, err := web.New(web.Config{
		Catalog: h.catalog, Access: r.Access, Records: r.Records, Bulk: r.Bulk, Notify: r.Notify, Locales: h.locales,
		Sessions: h.store.Sessions(), Log: h.log, Secure: c.HTTPS, Proxies: proxies, Tiles: tiles, Patience: h.settings.patience,
	})
	if err != nil {
		return err
	}
	var mailer *notify.Mailer
	if c.SMTPURL != "" {
		if mailer, err = notify.ParseMailer(c.SMTPURL, c.PublicURL); err != nil {
			return err
		}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", c.Listen, err)
	}
	streams, endStreams := context.WithCancel(context.WithoutCancel(ctx))
	defer endStreams()
	server := &http.Server{
		Handler: pages, ReadHeaderTimeout: headerPatience, IdleTimeout: idlePatience, MaxHeaderBytes: headerBytes,
		BaseContext: func(net.Listener) context.Context { return streams },
		ErrorLog:    slog.NewLogLogger(h.log.Handler(), slog.LevelWarn),
	}
	working, stopWork := context.WithCancel(ctx)
	defer stopWork()
	ended := make(chan error, 2)
	go func() { ended <- server.Serve(listener) }()
	go func() { ended <- r.Bulk.Work(working) }()
	var mail sync.WaitGroup
	defer mail.Wait()
	defer stopWork()
	if mailer != nil {
		mail.Go(func() { r.Notify.Deliver(working, mailer, h.log) })
	}
	opened(browserAddress(listener.Addr(), c.HTTPS))

	var failed error
	left := 2
	select {
	case <-ctx.Done():
	case failed = <-ended: // one of the two gave up by itself
		left--
	}
	stopWork()
	failed = errors.Join(failed, shutDown(ctx, server, endStreams))
	for range left {
		failed = errors.Join(failed, unlessClosed(<-ended))
	}
	return unlessClosed(failed)
}

// shutDown lets the present requests end.
func shutDown(ctx context.Context, server *http.Server, endStreams func()) error {
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer cancel()
	defer time.AfterFunc(streamPatience, endStreams).Stop()
	if err := server.Shutdown(patience); err != nil {
		return fmt.Errorf("stop the server: %w", errors.Join(err, server.Close()))
	}
	return nil
}

// unlessClosed forgets the error by which a server says that it was stopped.
func unlessClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// browserAddress is where to point a browser on this machine.
func browserAddress(a net.Addr, https bool) string {
	scheme := "http://"
	if https {
		scheme = "https://"
	}
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return scheme + a.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + net.JoinHostPort(host, port)
}
