// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health/render"
)

// Limits of one page. The other causes are on the next pages, and the JSON has everything.
const (
	maxCauses    = 40
	maxLines     = 40 // consequences of all causes together
	maxFollowing = 10
	maxEqual     = 20
	maxMarks     = 100
	// maxCardBytes leaves half of the 100 KiB of a page to the matrix, the form and the layout.
	maxCardBytes = 60 << 10
	// maxFirst is the number of expiries that come before everything else.
	maxFirst = 10
)

// pageSection is a section of a page. Sections are shown in the order of their values.
type pageSection int

const (
	sectionExpiries pageSection = iota
	sectionFiring
	sectionLaterExpiries
	sectionInfo
	sectionPending
)

// group is a root cause with those of its consequences that belong to a page.
type group struct {
	*render.Cause

	onlyConsequencesMatch bool
	following             []*health.Finding
	worst                 string
	recent                bool
	section               pageSection
	// equal are the root causes of a merged group, each with its own consequences; nil if there is only one.
	equal []*group
}

// findingsOf returns the findings that match both base, the subject of the page, and the filter of the
// request. A root cause is never separated from its consequences.
func (s *site) findingsOf(r *http.Request, report health.Report, base filter) (findings, error) {
	out := findings{Form: formOf(report, base, filterOf(r))}
	groups := arrangeGroups(out.groups(report, base))
	for _, g := range groups {
		if g.section == sectionInfo {
			out.InfoTotal += max(1, len(g.equal))
		}
	}
	begin := pageStart(r)
	if begin >= len(groups) {
		begin = 0 // there are fewer causes than before
	}
	end, size := begin, 0
	for _, g := range groups[begin:min(begin+maxCauses, len(groups))] {
		v := s.causeView(g, report, rootOf(r), out.lines)
		var err error
		if v.Card, err = s.renderCard(v); err != nil {
			return out, err
		}
		if size += len(v.Card); size > maxCardBytes && end > begin {
			break
		}
		end++
		out.lines += len(v.Following)
		switch g.section {
		case sectionFiring:
			out.Firing = append(out.Firing, v)
		case sectionExpiries, sectionLaterExpiries:
			out.Expiries.add(v, report.GeneratedAt)
		case sectionInfo:
			out.Info = append(out.Info, v)
		case sectionPending:
			out.Pending = append(out.Pending, v)
		}
	}
	out.More = len(groups) - end
	out.First, out.Next = pageLinks(r.URL.Query(), begin, end, out.More, "#findings")
	return out, nil
}

// renderCard renders a root cause on its own, so that the size of a page is known before it is complete.
func (s *site) renderCard(v finding) (template.HTML, error) {
	var text strings.Builder
	err := s.templates["overview"].ExecuteTemplate(&text, "cause", v)
	return template.HTML(text.String()), err //nolint:gosec // the output of a template
}

// groups returns the matching root causes, and sets the counts of findings.
func (f *findings) groups(report health.Report, base filter) []*group {
	counts := map[alerts.Severity]int{}
	affected := affectedCluster(report)
	countMatch := func(x *health.Finding) bool {
		cluster := affected(x)
		if !base.matches(x, cluster) {
			return false
		}
		f.Total++
		if !f.Form.matches(x, cluster) {
			return false
		}
		f.Shown++
		counts[x.Severity]++
		return true
	}
	var groups []*group
	causes := render.Causes(report)
	for i := range causes {
		c := &causes[i]
		g := &group{
			Cause: c, onlyConsequencesMatch: !countMatch(&c.Finding), worst: string(c.Finding.Severity),
			recent: isRecent(&c.Finding, &report),
		}
		expires := c.EndsAt != nil
		for i := range c.Following {
			if x := &c.Following[i]; countMatch(x) || !g.onlyConsequencesMatch {
				g.following = append(g.following, x)
				g.worst = worseSeverity(g.worst, string(x.Severity))
				expires = expires && x.EndsAt != nil
			}
		}
		switch {
		case g.onlyConsequencesMatch && len(g.following) == 0:
			continue
		case c.IsPending():
			g.section = sectionPending
		case expires:
			g.section = sectionExpiries
		case g.worst == string(alerts.Info):
			g.section = sectionInfo
		default:
			g.section = sectionFiring
		}
		groups = append(groups, g)
	}
	for _, s := range severities() {
		f.Severity = append(f.Severity, count{s, counts[alerts.Severity(s)]})
	}
	return groups
}

// causeView returns a root cause with its consequences. lines is the number of consequences already on the page.
func (s *site) causeView(g *group, report health.Report, root string, lines int) finding {
	v := s.findingOf(&g.Finding, &report, root)
	v.Worst, v.OnlyConsequencesMatch = g.worst, g.onlyConsequencesMatch
	v.DescriptionShown = v.DescriptionShown || v.Worst == string(alerts.Critical)
	shown := min(len(g.following), maxFollowing, max(0, maxLines-lines))
	for _, x := range g.following[:shown] {
		v.Following = append(v.Following, s.findingOf(x, &report, root))
	}
	v.More = len(g.following) - shown
	v.Open = v.OnlyConsequencesMatch || v.Worst != v.Severity
	v.Count = len(g.equal)
	for _, same := range g.equal[:min(len(g.equal), maxEqual)] {
		one := s.findingOf(&same.Finding, &report, root)
		one.More = len(same.following)
		v.Equal = append(v.Equal, one)
	}
	v.Silence = s.silence(g)
	return v
}

// silence returns the URL of a form that silences a root cause and all equal ones.
func (s *site) silence(g *group) string {
	all := g.equal
	if len(all) == 0 {
		all = []*group{g}
	}
	labels := make([]map[string]string, 0, len(all))
	for _, one := range all {
		alert := map[string]string{}
		maps.Copy(alert, one.Finding.Labels)
		alert[alerts.LabelAlert] = one.Finding.Rule
		labels = append(labels, alert)
	}
	return s.SilenceLink(labels)
}

// pageStart returns the index of the first entry on the requested page.
func pageStart(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("next"))
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// pageLinks returns the URLs of the first and of the next page, with the fragment of the list. A URL is empty
// if the page is the current one or does not exist.
func pageLinks(query url.Values, begin, end, more int, list string) (first, next string) {
	if more > 0 {
		next = "?" + withParameter(query, "next", strconv.Itoa(end)).Encode() + list
	}
	if begin > 0 {
		query.Del("next")
		first = "?" + query.Encode() + list
	}
	return first, next
}
