// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// threshold stands for the number of [Threshold] where a rule is declared: in Expr and
// Since and, written for people, in Description.
const threshold = "$threshold"

// Unit is what a threshold counts.
type Unit string

// Units that have a name because they are not base units of Prometheus.
const (
	Seconds   Unit = "seconds"
	Ratio     Unit = "ratio"
	Intervals Unit = "intervals"
	Changes   Unit = "changes"
	Entries   Unit = "entries"
	Objects   Unit = "objects"
	Tokens    Unit = "tokens"
	Minor     Unit = "minor version"
	// Milliseconds are the unit of the durations in OpenBao's telemetry.
	Milliseconds Unit = "milliseconds"
)

// Threshold is the number of a rule that an installation may set.
type Threshold struct {
	Default float64
	Unit    Unit
	// Meaning describes the value that the number is compared with.
	Meaning string
}

// secondsThreshold is a threshold in seconds.
func secondsThreshold(d time.Duration, meaning string) *Threshold {
	return &Threshold{Default: d.Seconds(), Unit: Seconds, Meaning: meaning}
}

// String is a value of the threshold, for people.
func (t Threshold) String(value float64) string {
	switch t.Unit {
	case Seconds:
		return model.Duration(time.Duration(value * float64(time.Second))).String()
	case Ratio:
		return strconv.FormatFloat(100*value, 'g', 3, 64) + "%"
	}
	return strconv.FormatFloat(value, 'g', -1, 64)
}

// texts are those of a rule as it was declared, with the placeholder.
type texts struct{ expr, since, description string }

// withDefault is a rule as it was declared, with its own threshold.
func (r Rule) withDefault() Rule {
	if r.Threshold == nil {
		return r
	}
	return r.at(r.Threshold.Default)
}

// at is the rule with another threshold.
func (r Rule) at(value float64) Rule {
	if r.declared == (texts{}) {
		r.declared = texts{r.Expr, r.Since, r.Description}
	}
	number := strconv.FormatFloat(value, 'f', -1, 64)
	r.Expr = strings.ReplaceAll(r.declared.expr, threshold, number)
	r.Since = strings.ReplaceAll(r.declared.since, threshold, number)
	r.Description = strings.ReplaceAll(r.declared.description, threshold, r.Threshold.String(value))
	return r
}

// Adjustable are the names of the rules that have a threshold, in the order of the
// catalogue.
func Adjustable() []string {
	var names []string
	for _, r := range Rules() {
		if r.Threshold != nil {
			names = append(names, r.Name)
		}
	}
	return names
}
