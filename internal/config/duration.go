// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"time"

	"github.com/prometheus/common/model"
)

// DurationPattern is the regular expression of a duration. It is the one of
// Prometheus without the unit-less 0; the empty string matches too.
const DurationPattern = `^([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$`

// Duration is a span of time that reads and writes as Prometheus does: 90s,
// 5m, 1h30m. It is never negative, and counts whole milliseconds.
type Duration time.Duration

// String returns the shortest text that reads as d.
func (d Duration) String() string { return model.Duration(d).String() }

// MarshalYAML writes d as String does.
func (d Duration) MarshalYAML() (any, error) { return d.String(), nil }

// MarshalText writes d as String does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// parseDuration is model.ParseDuration without the unit-less 0.
func parseDuration(s string) (Duration, bool) {
	d, err := model.ParseDuration(s)
	return Duration(d), err == nil && s != "0"
}
