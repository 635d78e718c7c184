# SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
# SPDX-License-Identifier: Apache-2.0
"""A hook of MkDocs: links that leave docs lead to the repository."""
import posixpath
import re


def on_page_markdown(markdown, page, config, **_):
    """Returns the text of a page with links out of docs as addresses of the repository."""
    directory = posixpath.dirname(page.file.src_uri)

    def link(match):
        path = posixpath.normpath(posixpath.join("docs", directory, match[2]))
        if path.startswith("docs/") or path == "docs":
            return match[0]
        return f"{match[1]}{config.repo_url}/blob/main/{path}"

    return re.sub(r"(\]\(|^\[[^\]]+\]: )(\.\./[^)\s]*)", link, markdown, flags=re.M)
