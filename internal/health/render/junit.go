// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package render

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Failure *junitMessage `xml:"failure,omitempty"`
		Error   *junitMessage `xml:"error,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes a report as test results: a suite for each cluster with a test for each of its
// systems. Degraded and down are failures; unknown is an error.
func JUnit(w io.Writer, r health.Report) error {
	all := junitSuites{Name: "cobaltcore-exporter"}
	for _, c := range r.Clusters {
		suite := junitSuite{Name: clean(c.Name)}
		for _, s := range c.Systems {
			if s.Verdict == health.Absent {
				continue
			}
			suite.add(s.Verdict, junitCase{Name: string(s.Name), Class: suite.Name}, junitText(r, c.Name, s.Name))
		}
		all.Tests, all.Failures, all.Errors = all.Tests+suite.Tests, all.Failures+suite.Failures, all.Errors+suite.Errors
		all.Suites = append(all.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// add appends a test with the result for a verdict.
func (s *junitSuite) add(v health.Verdict, c junitCase, text string) {
	s.Tests++
	message := &junitMessage{Message: string(v), Text: text}
	switch v {
	case health.Down, health.Degraded:
		c.Failure = message
		s.Failures++
	case health.Unknown:
		c.Error = message
		s.Errors++
	}
	s.Cases = append(s.Cases, c)
}

// junitText lists the firing findings about a system in a cluster, except for severity info.
func junitText(r health.Report, cluster string, system alerts.System) string {
	var lines []string
	for _, f := range r.Findings {
		if f.Cluster == cluster && f.System == system && fires(f) && f.Severity != alerts.Info {
			lines = append(lines, brief(f))
		}
	}
	return strings.Join(lines, "\n")
}

// Names writes one line for each object with a firing finding: CLUSTER/KIND/NAMESPACE/NAME or
// CLUSTER/KIND/NAME.
func Names(w io.Writer, r health.Report) error {
	var lines []string
	for _, f := range r.Findings {
		if fires(f) {
			parts := slices.DeleteFunc([]string{f.Cluster, f.Object.Kind, f.Object.Namespace, f.Object.Name}, func(s string) bool { return s == "" })
			lines = append(lines, clean(strings.Join(parts, "/")))
		}
	}
	slices.Sort(lines)
	for _, line := range slices.Compact(lines) {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}
