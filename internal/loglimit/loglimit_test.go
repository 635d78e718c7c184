// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package loglimit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func newLog() (*slog.Logger, *bytes.Buffer) {
	var b bytes.Buffer
	return slog.New(New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))), &b
}

// TestAlternation checks that a cluster with alternating failures neither fills the log nor suppresses lines of another
// cluster.
func TestAlternation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, b := newLog()
		bad, good := log.With("cluster", "bad"), log.With("cluster", "good")
		const rounds = 1000
		for i := range rounds {
			bad.Warn("cluster not reached", "reason", []string{"timeout", "tls"}[i%2], "err", fmt.Errorf("attempt %d", i))
			bad.Info("cluster reached", "version", fmt.Sprint("v", i))
			<-time.After(period / rounds)
		}
		good.Warn("cluster not reached", "reason", "timeout")
		if got := strings.Count(b.String(), "cluster=bad"); got != 2*burst {
			t.Errorf("%d lines about the cluster", got)
		}
		if got := strings.Count(b.String(), "cluster=good"); got != 1 {
			t.Errorf("%d lines about another cluster", got)
		}
		b.Reset()
		bad.Warn("cluster not reached", "reason", "timeout")
		if want := fmt.Sprintf("suppressed=%d", rounds-burst); !strings.Contains(b.String(), want) {
			t.Errorf("no %s: %s", want, b)
		}
		b.Reset()
		bad.Warn("cluster not reached", "reason", "timeout")
		if b.Len() == 0 || strings.Contains(b.String(), "suppressed") {
			t.Errorf("%s", b)
		}
	})
}

// TestSubjects checks that lines of different subjects are counted separately, and that the event is not part of the
// subject.
func TestSubjects(t *testing.T) {
	t.Parallel()
	const many = 2 * messageBurst
	for name, tc := range map[string]struct {
		write func(log *slog.Logger, i int)
		want  int
	}{
		"kinds":                 {func(log *slog.Logger, i int) { log.Warn("watch failed", "kind", fmt.Sprint(i)) }, messageBurst},
		"parts":                 {func(log *slog.Logger, i int) { log.Warn("not answered", "of", fmt.Sprint(i)) }, relatedBurst},
		"clusters":              {func(log *slog.Logger, i int) { log.Warn("cluster found", "cluster", fmt.Sprint(i)) }, messageBurst},
		"errors":                {func(log *slog.Logger, i int) { log.Warn("watch failed", "kind", "K", "err", fmt.Sprint(i)) }, burst},
		"groups":                {func(log *slog.Logger, i int) { log.WithGroup("g").With("kind", fmt.Sprint(i)).Warn("x") }, messageBurst},
		"client-go":             {func(log *slog.Logger, i int) { log.With("component", "client-go").Info(fmt.Sprint("watch ", i)) }, burst}, //nolint:sloglint // the format of klog
		"level info":            {func(log *slog.Logger, _ int) { log.Info("x") }, burst},
		"errors of level ERROR": {func(log *slog.Logger, _ int) { log.Error("configuration not loaded") }, many},
		"debug":                 {func(log *slog.Logger, _ int) { log.Debug("x") }, many},
	} {
		log, b := newLog()
		for i := range many {
			tc.write(log, i)
		}
		if got := strings.Count(b.String(), "\n"); got != tc.want {
			t.Errorf("%s: %d lines, want %d", name, got, tc.want)
		}
	}
}

func TestManySubjects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, b := newLog()
		for i := range 2 * maxSubjects {
			log.Info(fmt.Sprint("x", i/messageBurst), "cluster", fmt.Sprint(i)) //nolint:sloglint // several messages
		}
		if got := strings.Count(b.String(), "\n"); got < maxSubjects-burst || got > maxSubjects+burst {
			t.Errorf("%d lines", got)
		}
		h, _ := log.Handler().(*Handler)
		if len(h.counts.subjects) > maxSubjects+1 {
			t.Errorf("%d subjects", len(h.counts.subjects))
		}
		<-time.After(period)
		b.Reset()
		log.Info("x", "of", "new")
		if b.Len() == 0 || len(h.counts.subjects) > 3 {
			t.Errorf("%d subjects, %s", len(h.counts.subjects), b)
		}
	})
}

type text string

func (s text) String() string { return string(s) }

func TestClipped(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", maxErrorText)
	for name, write := range map[string]func(*slog.Logger){
		"message":   func(log *slog.Logger) { log.Warn(long) }, //nolint:sloglint // the format of klog
		"string":    func(log *slog.Logger) { log.Warn("x", "v", long) },
		"error":     func(log *slog.Logger) { log.Warn("x", "err", errors.New(long)) },
		"Stringer":  func(log *slog.Logger) { log.Warn("x", "v", text(long)) },
		"of logger": func(log *slog.Logger) { log.With("v", long).Warn("x") },
	} {
		log, b := newLog()
		write(log)
		if b.Len() < maxText || b.Len() > maxText+200 || !strings.Contains(b.String(), "é…") {
			t.Errorf("%s: %d bytes", name, b.Len())
		}
	}
	log, b := newLog()
	log.Error("configuration not loaded", "err", errors.New(long))
	if b.Len() < maxErrorText || b.Len() > maxErrorText+200 {
		t.Errorf("ERROR: %d bytes", b.Len())
	}
	if log, _ := newLog(); !log.Enabled(context.Background(), slog.LevelDebug) {
		t.Error("the level is that of the handler behind")
	}
}
