// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
)

// Alertmanager configures the reading of alerts and silences, and the sending of alerts when the
// exporter is not scraped.
type Alertmanager struct {
	URLs           []string          `yaml:"urls,omitempty" jsonschema:"uniqueItems=true,pattern=^(https?://([^/?#@:\\s\\[\\]]+|\\[[.:0-9A-Fa-f]+\\])(:[0-9]+)?(/[^?#@\\s]*)?)$" hint:"Use the URL of one Alertmanager, with nothing but scheme, host, port and path, such as https://alertmanager-0.example.com:9093" jsonschema_description:"URLs of all Alertmanagers of one cluster, each with its own: they share silences, but not alerts. Behind a path they are asked below it. An empty list turns everything here off."`
	TLS            TLS               `yaml:"tls,omitempty" jsonschema_description:"How they are verified."`
	BasicAuth      BasicAuth         `yaml:"basicAuth,omitempty" jsonschema_description:"How the exporter identifies itself to them, where they ask for it."`
	Interval       Duration          `yaml:"interval" jsonschema:"default=1m,exclusiveMinimum=0" jsonschema_description:"How often alerts and silences are read, and alerts are sent. An alert that is not sent again ends after four times of it."`
	FallbackAfter  Duration          `yaml:"fallbackAfter" jsonschema:"default=10m,exclusiveMinimum=0" jsonschema_description:"How long after the last scrape of /metrics the exporter sends the alerts of its rules itself, until the next scrape."`
	ExternalLabels map[string]string `yaml:"externalLabels,omitempty" jsonschema:"minLength=1" jsonschema_description:"Labels that Prometheus adds to its alerts (external_labels), except those that distinguish its replicas. Without these labels, routes, silences and inhibitions of Alertmanager do not fit the alerts of the exporter. A label that an alert has already stays."`
	ExternalURL    string            `yaml:"externalURL,omitempty" jsonschema:"default=,pattern=^(https?://([^/?#@:\\s\\[\\]]+|\\[[.:0-9A-Fa-f]+\\])(:[0-9]+)?(/[^?#@\\s]*)?)?$" hint:"Use the URL of the exporter's web page, with nothing but scheme, host, port and path, such as https://exporter.example.com" jsonschema_description:"Where people reach the web page of the exporter; alerts that it sends link to it."`
	WebURL         string            `yaml:"webURL,omitempty" jsonschema:"default=,pattern=^(https?://([^/?#@:\\s\\[\\]]+|\\[[.:0-9A-Fa-f]+\\])(:[0-9]+)?(/[^?#@\\s]*)?)?$" hint:"Use the URL of Alertmanager's web page, with nothing but scheme, host, port and path, such as https://alertmanager.example.com" jsonschema_description:"Where people reach the web page of Alertmanager, also without urls: findings on the exporter's page link to its form for a new silence, with the matchers filled in."`
	Watchdog       bool              `yaml:"watchdog" jsonschema:"default=false" jsonschema_description:"Export for each cluster whether its alert Watchdog, which always fires, is missing in Alertmanager: its Prometheus, or the way from there, is dead then. A cluster is found by the cluster label of the alert."`
}

// BasicAuth is a user name and a password.
type BasicAuth struct {
	Username     string `yaml:"username,omitempty" jsonschema:"default=,pattern=^[^:]*$" hint:"Use a name without a colon" jsonschema_description:"User name. Empty: none is sent."`
	PasswordFile string `yaml:"passwordFile,omitempty" jsonschema:"default=" file:"true" jsonschema_description:"File with the password. It is read again before it is used."`
}

// SentByLabel is the label of alerts that the exporter sends itself. With the labels of
// an alert of Prometheus alone they would be one and the same alert, about whose end
// the two disagree.
const SentByLabel = "sent_by"

func (a *Alertmanager) check(at string, r *report) {
	first := map[string]int{}
	for i, text := range a.URLs {
		path := fmt.Sprintf("%s[%d]", joinPath(at, "urls"), i)
		a.URLs[i] = baseURL(text, path, r)
		u, err := url.Parse(a.URLs[i])
		if err != nil || r.hasError(path) {
			continue
		}
		if strings.HasSuffix(u.Path, "/api/v2") {
			r.errorf(path, "%s ends in /api/v2, which the exporter adds itself: remove it", quote(text))
		}
		name := strings.ToLower(HostPort(u)) + u.Path
		if j, ok := first[name]; ok {
			r.errorf(path, "%s is the same Alertmanager as urls[%d] in line %d: remove one of them", quote(text), j, r.line(fmt.Sprintf("%s[%d]", joinPath(at, "urls"), j)))
			continue
		}
		first[name] = i
	}
	a.ExternalURL = baseURL(a.ExternalURL, joinPath(at, "externalURL"), r)
	a.WebURL = baseURL(a.WebURL, joinPath(at, "webURL"), r)
	for _, name := range slices.Sorted(maps.Keys(a.ExternalLabels)) {
		switch path := joinEntry(joinPath(at, "externalLabels"), name); {
		case !model.LegacyValidation.IsValidLabelName(name):
			r.errorf(path, "%s is not the name of a label: use letters, digits and underscores, with no digit in front", quote(name))
		case name == model.AlertNameLabel || name == SentByLabel:
			r.errorf(path, "every alert has its own label %s: remove this one", name)
		}
	}
}

func (b *BasicAuth) check(at string, r *report) {
	switch {
	case r.hasError(at, joinPath(at, "username"), joinPath(at, "passwordFile")): // it may be meant
	case b.Username != "" && b.PasswordFile == "":
		r.errorf(joinPath(at, "username"), "has no meaning alone: add passwordFile")
	case b.Username == "" && b.PasswordFile != "":
		r.errorf(joinPath(at, "passwordFile"), "has no meaning alone: add username")
	}
}
