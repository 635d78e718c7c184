// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

// Offline returns the collectors for a snapshot of the clusters that keep selects. It keeps every
// setting on which rows depend, and drops nodes, credentials and login probes. The addresses of the
// nodes are added to those of the OpenBao, because stores refer to them.
func (c *Collectors) Offline(keep func(cluster string) bool) Collectors {
	to := *c
	backends := c.Backends()
	to.OpenBao, to.Aurora = nil, nil
	for _, o := range c.OpenBao {
		if keep(o.Cluster) {
			to.OpenBao = append(to.OpenBao, o.offline(backends))
		}
	}
	for _, a := range c.Aurora {
		if keep(a.Cluster) {
			to.Aurora = append(to.Aurora, a.offline())
		}
	}
	return to
}

func (o *OpenBao) offline(backends Backends) OpenBao {
	probe := o.LoginProbe // disabled; its other settings must still be valid
	probe.Enabled = false
	return OpenBao{
		Name: o.Name, Cluster: o.Cluster, Addresses: backends.ownAddresses(o), Interval: o.Interval, Timeout: o.Timeout, Expect: o.Expect,
		Details: o.Details, KV: o.KV, LoginProbe: probe,
	}
}

func (a *Aurora) offline() Aurora {
	return Aurora{Name: a.Name, Cluster: a.Cluster, BFFPath: a.BFFPath, Interval: a.Interval, Timeout: a.Timeout}
}
