// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"
)

// scraperURL is the environment variable that makes a process a scraper.
const scraperURL = "ABUSE_SCRAPER_URL"

// Lines of a scraper; other lines are errors.
const (
	scraperStarts = "starts"
	scraped       = "ok"
)

// TestMain runs the tests, or a scraper. A scraper in the process of the attacks would wait for these.
func TestMain(m *testing.M) {
	if url := os.Getenv(scraperURL); url != "" {
		scrapeAgainAndAgain(url)
		return
	}
	m.Run()
}

// scrapeAgainAndAgain scrapes as Prometheus does, until standard output is closed, and prints a line after each
// success.
func scrapeAgainAndAgain(url string) {
	client := newClient("127.0.0.2", patience)
	fmt.Println(scraperStarts)
	for ; ; <-time.After(scrapePause) {
		text := scraped
		if err := scrapeOnce(client, url); err != nil {
			text = err.Error()
		}
		if _, err := fmt.Println(text); err != nil {
			return
		}
	}
}

func scrapeOnce(client *http.Client, url string) error {
	r, err := http.NewRequest(http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	r.Header.Set("Accept-Encoding", "gzip")
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err = io.Copy(io.Discard, answer.Body); err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", url, answer.Status)
	}
	return err
}

// scrape runs a scraper until end. A scrape that fails ends when a later one succeeds.
func (s *site) scrape(end time.Time) {
	ctx, cancel := context.WithDeadline(s.ctx, end.Add(patience))
	defer cancel()
	scraper := exec.CommandContext(ctx, os.Args[0])
	scraper.Env = append(os.Environ(), scraperURL+"="+s.scheme+"://"+s.address+"/metrics")
	out, err := scraper.StdoutPipe()
	if err == nil {
		err = scraper.Start()
	}
	if err != nil {
		s.Error(err)
		return
	}
	defer func() { cancel(); _ = scraper.Wait() }()
	began := time.Now()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == scraperStarts {
			began = time.Now()
			continue
		}
		s.result.Scrape = max(s.result.Scrape, time.Since(began))
		switch {
		case lines.Text() == scraped:
			s.result.Scrapes++
			began = time.Now().Add(scrapePause)
		case time.Since(began) > patience || s.ended():
			s.Logf("scrape: %s", lines.Text())
			return
		}
		if time.Now().After(end) {
			return
		}
	}
	s.result.Scrape = max(s.result.Scrape, time.Since(began))
}
