// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

// Merge returns the fleet: the configured clusters, then the discovered clusters in the order of their sources. If
// several clusters have the same name or the same Secret, the first is used and the others become findings.
func Merge(configured []Cluster, found []PlaceState) ([]Cluster, []Finding) {
	fleet := append(make([]Cluster, 0, len(configured)), configured...)
	names, secrets := map[string]string{}, map[SecretRef]string{}
	for _, c := range configured {
		names[c.Name] = "cluster " + c.Name + " of the configuration"
	}
	var findings []Finding
	for _, p := range found {
		for _, c := range p.Found {
			secret := c.Credentials.Secret
			where := p.Source.Source + " " + secret.Cluster + "/" + secret.Namespace + "/" + secret.Name
			reason, other := ReasonSameSecret, secrets[secret]
			if other == "" {
				reason, other = ReasonNameTaken, names[c.Name]
			}
			if other != "" {
				findings = append(findings, Finding{Source: p.Source, Name: secret.Name, Reason: reason, Other: other})
				continue
			}
			names[c.Name], secrets[secret] = where, "cluster "+c.Name+" of "+where
			fleet = append(fleet, c)
		}
	}
	return fleet, findings
}
