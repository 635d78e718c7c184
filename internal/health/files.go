// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/yamlbound"
)

// Custom is the system of a user rule without a label system of the catalogue.
const Custom alerts.System = "custom"

// maxUserRules limits the number of user rules, because each is evaluated in every round.
const maxUserRules = 2_000

// UserGroup is a group of a user's rule file.
type UserGroup = rulefmt.RuleGroup

// ReadRules strictly parses rule files in the format of Prometheus. Its errors contain the file and
// the line.
func ReadRules(ctx context.Context, names ...string) ([]UserGroup, error) {
	var all []UserGroup
	var errs []error
	rules := 0
	for _, file := range names {
		content, err := files.Read(ctx, file, files.MaxConfig)
		if err != nil {
			errs = append(errs, fmt.Errorf("cannot read the rule file: %w", err))
			continue
		}
		if err := yamlbound.Check(content, files.MaxConfig); err != nil {
			errs = append(errs, fmt.Errorf("%s:1: %w", file, err))
			continue
		}
		groups, problems := rulefmt.Parse(content, false, model.LegacyValidation, parser.NewParser(parser.Options{}),
			slog.New(slog.DiscardHandler))
		for _, p := range problems {
			errs = append(errs, locate(file, content, p))
		}
		if len(problems) > 0 {
			continue
		}
		for _, g := range groups.Groups {
			for i := range g.Rules {
				g.Rules[i].Labels = mergeLabels(g.Labels, g.Rules[i].Labels)
			}
			all = append(all, g)
			rules += len(g.Rules)
		}
	}
	if rules > maxUserRules {
		errs = append(errs, fmt.Errorf("%s: %d rules: at most %d are evaluated", strings.Join(names, ", "), rules, maxUserRules))
	}
	return all, errors.Join(errs...)
}

// mergeLabels returns base with the labels of more, which take precedence.
func mergeLabels(base, more map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range []map[string]string{base, more} {
		maps.Copy(all, m)
	}
	return all
}

var (
	position  = regexp.MustCompile(`^(\d+):\d+: (?:\d+:\d+: )?`)
	yamlLine  = regexp.MustCompile(`(?s)line (\d+): (.*)`)
	goTypes   = regexp.MustCompile(` in type \S+| into \S+`)
	manyLines = regexp.MustCompile(`\s*\n\s*`)
)

// locate returns an error that begins with the file and the line.
func locate(file string, content []byte, err error) error {
	text, line := err.Error(), "1"
	if m := position.FindStringSubmatch(text); m != nil {
		text, line = text[len(m[0]):], m[1]
		if line == "0" {
			line = "1"
		}
	} else if bad, ok := errors.AsType[*rulefmt.Error](err); ok { // errors in templates have no position; the position of the rule is used
		at := regexp.MustCompile(`(?m)^[\s-]*(alert|record):\s*["']?` + regexp.QuoteMeta(bad.RuleName) + `["']?\s*$`).FindIndex(content)
		if at != nil {
			line = strconv.Itoa(1 + strings.Count(string(content[:at[1]]), "\n"))
		}
	} else if m := yamlLine.FindStringSubmatch(text); m != nil {
		line, text = m[1], m[2]
	}
	return fmt.Errorf("%s:%s: %s", file, line, manyLines.ReplaceAllString(goTypes.ReplaceAllString(text, ""), "; "))
}

// compileUserRule compiles a user rule.
func (c *compiler) compileUserRule(u rulefmt.Rule) error {
	name := u.Alert + u.Record
	expr, err := alerts.Local(u.Expr, c.clusterLabel)
	if err != nil {
		return fmt.Errorf("rule %s: %w", name, err)
	}
	if u.Record != "" {
		return c.declareRecording(name, expr, u.Labels)
	}
	r := &rule{
		name: name, clusterLabel: c.clusterLabel, system: Custom, severity: alerts.Warning, labels: map[string]*textTemplate{},
		holdFor: time.Duration(u.For), keepFiringFor: time.Duration(u.KeepFiringFor), playbook: u.Annotations["runbook_url"],
	}
	if s := alerts.System(u.Labels["system"]); slices.Contains(alerts.Systems(), s) {
		r.system = s
	}
	if s := alerts.Severity(u.Labels[alerts.LabelSeverity]); slices.Contains([]alerts.Severity{alerts.Critical, alerts.Warning, alerts.Info},
		s) {
		r.severity = s
	}
	if p := u.Labels[alerts.LabelPlaybook]; p != "" {
		r.playbook = p
	}
	for label, text := range u.Labels {
		r.labels[label] = c.templates.parse(text)
	}
	r.summary, r.description = c.templates.parse(u.Annotations[alerts.AnnotationSummary]),
		c.templates.parse(u.Annotations[alerts.AnnotationDescription])
	for i, text := range []string{"{{ $labels.kind }}", "{{ or $labels.namespace $labels.exported_namespace }}", "{{ $labels.name }}"} {
		r.object[i] = c.templates.parse(text)
	}
	var why string
	if r.expr, why, err = c.compileQuery(expr, true); err != nil || why != "" {
		return c.refuse(name, why, err)
	}
	c.rules = append(c.rules, r)
	return nil
}
