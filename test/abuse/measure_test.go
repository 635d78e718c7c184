// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"bytes"
	"cmp"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

const (
	scrapePause = 200 * time.Millisecond // between two scrapes of the victim
	patience    = 20 * time.Second       // from which a change or a scrape is lost
)

// watchMemory sends the peak of the memory when the exporter has ended.
func (s *site) watchMemory() <-chan int64 {
	peak := make(chan int64, 1)
	go func() {
		most := 0.0
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			if now, err := testbed.ProcessMemory(s.exporter.PID(), "VmHWM"); err == nil {
				most = max(most, now)
			}
			select {
			case <-s.exporter.Done():
				tick.Stop()
				peak <- int64(most)
				return
			case <-tick.C:
			}
		}
	}()
	return peak
}

// measure scrapes and changes an object of the innocent cluster while the attack goes on.
func (s *site) measure() {
	var both sync.WaitGroup
	end := time.Now().Add(duration())
	both.Go(func() { s.scrape(end) })
	both.Go(func() { s.observe(end) })
	both.Wait()
}

// observe changes the marker and waits until /metrics shows the change.
func (s *site) observe(end time.Time) {
	client := newClient("127.0.0.3", patience)
	for n := 1; time.Now().Before(end); n++ {
		began := time.Now()
		s.change(n)
		for {
			body, err := s.get(client, "/metrics?cluster[]=good&collect[]=flux")
			if err == nil && bytes.Contains(body, []byte(revision(n))) {
				s.result.Changes++
				s.result.Rows = max(s.result.Rows, time.Since(began))
				break
			}
			if time.Since(began) > patience || s.ended() {
				s.Logf("change %d is not seen after %v: %v", n, time.Since(began), err)
				s.result.Rows = max(s.result.Rows, time.Since(began))
				return
			}
			<-time.After(scrapePause / 4)
		}
	}
}

func (s *site) ended() bool {
	select {
	case <-s.exporter.Done():
		return true
	default:
		return false
	}
}

// answer returns the row in which the exporter reports the attack, or the outcome of begin.
func (s *site) answer(a attack) string {
	if a.answer == "" {
		if outcome := s.outcome.Load(); outcome != nil {
			return *outcome
		}
		return ""
	}
	var rows []string // of the last answer that are about failures
	client, found, row := newClient("127.0.0.3", patience), "", regexp.MustCompile("^"+a.answer)
	for began := time.Now(); found == "" && time.Since(began) < cmp.Or(a.patience, patience) && !s.ended(); <-time.After(scrapePause) {
		body, err := s.get(client, "/metrics?"+cmp.Or(a.filter, "cluster[]=evil"))
		if err != nil {
			s.Logf("answer: %v", err)
		}
		rows = rows[:0]
		for line := range strings.Lines(string(body)) {
			if strings.Contains(line, "failing{") || strings.Contains(line, "_cut") {
				rows = append(rows, line)
			}
			if row.MatchString(line) && !strings.HasSuffix(line, " 0\n") {
				found = "`" + strings.NewReplacer(`cluster="evil",`, "", `cluster="evil"`, "").Replace(strings.TrimSpace(line)) + "`"
				break
			}
		}
	}
	if found == "" {
		s.Logf("the exporter shows no %s, but\n%s", a.answer, strings.Join(rows[:min(20, len(rows))], ""))
	}
	return found
}

// stop ends the exporter while the attack goes on, and notes how long that takes.
func (s *site) stop() {
	began := time.Now()
	if err := s.exporter.Stop(); err != nil {
		s.result.Died = err.Error()
	}
	s.result.End = time.Since(began)
}
