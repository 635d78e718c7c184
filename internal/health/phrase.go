// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"math"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	texttemplate "text/template"
	"time"

	"github.com/prometheus/common/helpers/templates"
	"github.com/prometheus/common/model"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// phrases are templates of Prometheus. It parses each at every evaluation; here they
// are parsed when they are needed first, and share their functions.
type phrases struct {
	base *texttemplate.Template
	n    atomic.Int64 // for their names
	now  atomic.Int64 // what the function now says, in milliseconds
}

func newPhrases() *phrases {
	p := &phrases{base: texttemplate.New("").Option("missingkey=zero")}
	p.base.Funcs(functions(func() float64 { return float64(p.now.Load()) / 1000 }))
	return p
}

// phrase is one of them.
type phrase struct {
	text  string
	parse func() (*texttemplate.Template, error)
}

const definitions = `{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}`

func (p *phrases) phrase(text string) *phrase {
	return &phrase{text: text, parse: sync.OnceValues(func() (*texttemplate.Template, error) {
		return p.base.New(strconv.FormatInt(p.n.Add(1), 10)).Parse(definitions + text)
	})}
}

// expand fills in labels and a value. An error becomes text, as in Prometheus.
func (t *phrase) expand(labels map[string]string, value float64) (s string) {
	if t == nil || !strings.Contains(t.text, "{{") {
		return t.plain()
	}
	defer func() {
		if r := recover(); r != nil { // a pattern that is none
			s = fmt.Sprintf("<error expanding template: %v>", r)
		}
	}()
	tmpl, err := t.parse()
	if err == nil {
		var b bytes.Buffer
		err = tmpl.Execute(&b, map[string]any{
			"Labels": labels, "ExternalLabels": map[string]string{}, "ExternalURL": "", "Value": value,
		})
		s = b.String()
	}
	if err != nil {
		return fmt.Sprintf("<error expanding template: %s>", err)
	}
	return s
}

func (t *phrase) plain() string {
	if t == nil {
		return ""
	}
	return t.text
}

// functions are those of Prometheus. What asks Prometheus back is an error.
func functions(now func() float64) texttemplate.FuncMap {
	backward := func(...any) (string, error) { return "", errors.New("only Prometheus can answer that") }
	link := func(string) string { return "" }
	return texttemplate.FuncMap{
		"query": backward, "first": backward, "label": backward, "value": backward, "strvalue": backward, "sortByLabel": backward,
		"graphLink": link, "tableLink": link, "pathPrefix": func() string { return "" }, "externalURL": func() string { return "" },
		"now": now,
		"args": func(args ...any) map[string]any {
			result := map[string]any{}
			for i, a := range args {
				result["arg"+strconv.Itoa(i)] = a
			}
			return result
		},
		"reReplaceAll": func(pattern, repl, text string) string {
			return regexp.MustCompile(pattern).ReplaceAllString(text, repl)
		},
		"match":              regexp.MatchString,
		"safeHtml":           func(s string) template.HTML { return template.HTML(s) }, //nolint:gosec // text only
		"title":              func(s string) string { return cases.Title(language.AmericanEnglish, cases.NoLower).String(s) },
		"toUpper":            strings.ToUpper,
		"toLower":            strings.ToLower,
		"stripPort":          stripPort,
		"stripDomain":        stripDomain,
		"humanize":           humanize,
		"humanize1024":       humanize1024,
		"humanizeDuration":   templates.HumanizeDuration,
		"humanizePercentage": humanizePercentage,
		"humanizeTimestamp":  templates.HumanizeTimestamp,
		"toTime":             toTime,
		"toDuration":         toDuration,
		"parseDuration":      parseDuration,
		"urlQueryEscape":     url.QueryEscape,
	}
}

func stripPort(hostPort string) string {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return hostPort
	}
	return host
}

func stripDomain(hostPort string) string {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return hostPort
	}
	host, _, _ = strings.Cut(host, ".")
	if port != "" {
		return net.JoinHostPort(host, port)
	}
	return host
}

func humanize(i any) (string, error) {
	v, err := templates.ConvertToFloat(i)
	if err != nil {
		return "", err
	}
	prefix := ""
	switch {
	case v == 0 || math.IsNaN(v) || math.IsInf(v, 0):
	case math.Abs(v) >= 1:
		for _, p := range []string{"k", "M", "G", "T", "P", "E", "Z", "Y"} {
			if math.Abs(v) < 1000 {
				break
			}
			prefix, v = p, v/1000
		}
	default:
		for _, p := range []string{"m", "u", "n", "p", "f", "a", "z", "y"} {
			if math.Abs(v) >= 1 {
				break
			}
			prefix, v = p, v*1000
		}
	}
	return fmt.Sprintf("%.4g%s", v, prefix), nil
}

func humanize1024(i any) (string, error) {
	v, err := templates.ConvertToFloat(i)
	if err != nil {
		return "", err
	}
	prefix := ""
	if math.Abs(v) > 1 && !math.IsInf(v, 0) {
		for _, p := range []string{"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"} {
			if math.Abs(v) < 1024 {
				break
			}
			prefix, v = p, v/1024
		}
	}
	return fmt.Sprintf("%.4g%s", v, prefix), nil
}

func humanizePercentage(i any) (string, error) {
	v, err := templates.ConvertToFloat(i)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%.4g%%", v*100), nil
}

func toTime(i any) (*time.Time, error) {
	v, err := templates.ConvertToFloat(i)
	if err != nil {
		return nil, err
	}
	if n := v * 1e9; math.IsNaN(n) || n > math.MaxInt64 || n < math.MinInt64 {
		return nil, fmt.Errorf("%v is not a time", v)
	}
	t := model.TimeFromUnixNano(int64(v * 1e9)).Time().UTC()
	return &t, nil
}

func toDuration(i any) (*time.Duration, error) {
	v, err := templates.ConvertToFloat(i)
	if err != nil {
		return nil, err
	}
	d := time.Duration(v * float64(time.Second))
	return &d, nil
}

func parseDuration(s string) (float64, error) {
	d, err := model.ParseDurationAllowNegative(s)
	if err != nil {
		return 0, err
	}
	return time.Duration(d).Seconds(), nil
}
