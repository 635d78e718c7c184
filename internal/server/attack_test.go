// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// deadlineRecorder notes the write deadlines of a response.
type deadlineRecorder struct {
	*httptest.ResponseRecorder

	set []time.Duration // from the start
	at  time.Time
}

func (d *deadlineRecorder) SetWriteDeadline(t time.Time) error {
	d.set = append(d.set, t.Sub(d.at))
	return nil
}

// TestWriteDeadlines checks that each chunk of an answer and the whole answer have a deadline.
func TestWriteDeadlines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &deadlineRecorder{ResponseRecorder: httptest.NewRecorder(), at: time.Now()}
		body := bytes.Repeat([]byte("x"), 2*chunk+1)
		paceWrites(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if n, err := w.Write(body); n != len(body) || err != nil {
				t.Errorf("%d, %v", n, err)
			}
			<-time.After(writeTimeout - time.Second)
			_, _ = w.Write([]byte("end"))
		})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
		want := []time.Duration{chunkTimeout, chunkTimeout, chunkTimeout, writeTimeout}
		if len(w.set) != len(want) {
			t.Fatalf("deadlines %v", w.set)
		}
		for i := range want {
			if w.set[i] != want[i] {
				t.Errorf("deadlines %v, want %v", w.set, want)
			}
		}
		if w.Body.Len() != len(body)+3 {
			t.Errorf("%d bytes", w.Body.Len())
		}
	})
}

// TestClientThatDoesNotRead checks that such a client loses its connection and its slot after one
// chunk.
func TestClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	o := testOptions()
	o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, err := w.Write(make([]byte, 64<<20))
		ended <- err
	})
	l := listenLocal(t)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- Serve(ctx, newHandler(t, o), []net.Listener{l}, "", nil, slog.New(slog.DiscardHandler))
	}()
	c := dial(t, l)
	if _, err := io.WriteString(c, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// TestConnectionsBeyondLimitsAreClosed checks that connections beyond the limits are closed at once,
// and that others are served.
func TestConnectionsBeyondLimitsAreClosed(t *testing.T) {
	t.Parallel()
	const all, client = 3, 2
	var log bytes.Buffer
	l := listenLocal(t)
	refusals := NewRefusals(prometheus.NewRegistry(), slog.New(slog.NewTextHandler(&log, nil)))
	b := limitConnections([]net.Listener{l}, all, client, refusals)[0]
	accepted := make(chan net.Conn)
	go func() {
		for {
			c, err := b.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- c
		}
	}()
	first, second := dial(t, l), dial(t, l)
	open := []net.Conn{<-accepted, <-accepted}
	refused := dial(t, l)
	if _, err := refused.Read(make([]byte, 1)); err == nil {
		t.Error("the third connection of a client is served")
	}
	_ = open[0].Close()
	_ = open[0].Close() // counts once
	dial(t, l)
	open = append(open, <-accepted)
	_ = l.Close()
	if _, ok := <-accepted; ok {
		t.Error("accepted")
	}
	for _, c := range append(open, first, second) {
		_ = c.Close()
	}
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "client=127.0.0.1 scope=client limit=2") {
		t.Errorf("log: %s", text)
	}
	checkRefusals(t, refusals, connections, scopeClient, 1)
}

// TestClientThatDoesNotReadDoesNotDelayShutdown checks that the server ends although a client does
// not read its answer.
func TestClientThatDoesNotReadDoesNotDelayShutdown(t *testing.T) {
	t.Parallel()
	l := listenLocal(t)
	begun := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, chunk)); err != nil {
				return
			}
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	var log bytes.Buffer
	go func() { served <- Serve(ctx, h, []net.Listener{l}, "", nil, slog.New(slog.NewTextHandler(&log, nil))) }()
	c := dial(t, l)
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-begun
	cancel()
	testutil.Until(t, "ended", func() bool {
		select {
		case err := <-served:
			return err == nil
		default:
			return false
		}
	})
	if !strings.Contains(log.String(), "shutdown timed out") {
		t.Errorf("log: %s", log.String())
	}
}

func dial(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}
