package io.swinlake.report;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NamedNodeMap;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** A report as an XML parser and a person with a keyboard meet it. */
public final class PageReader {
    private final List<Element> elements = new ArrayList<>();
    private final Document document;

    /** @param html must be well-formed XML too */
    public PageReader(String html) {
        try {
            document = DocumentBuilderFactory.newDefaultInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(html)));
        } catch (SAXException e) {
            throw new IllegalArgumentException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ParserConfigurationException e) {
            throw new IllegalStateException(e);
        }
        NodeList all = document.getElementsByTagName("*");
        for (int i = 0; i < all.getLength(); i++) {
            elements.add((Element) all.item(i));
        }
    }

    /** The elements of a name; of {@code *}, all. */
    public List<Element> all(String name) {
        return elements.stream()
                .filter(element -> name.equals("*") || element.getTagName().equals(name))
                .toList();
    }

    public Set<String> names() {
        Set<String> names = new TreeSet<>();
        elements.forEach(element -> names.add(element.getTagName()));
        return names;
    }

    /** All text that is seen. */
    public String text() {
        return document.getElementsByTagName("body").item(0).getTextContent().replaceAll("\\s+", " ");
    }

    public String text(String id) {
        return elements.stream()
                .filter(element -> element.getAttribute("id").equals(id))
                .findFirst()
                .orElseThrow()
                .getTextContent()
                .replaceAll("\\s+", " ");
    }

    /**
     * What is wrong with the page for one who has no network, no mouse or no sight: something loaded from elsewhere, a
     * script, an image without words, a link into nothing, a second element of the same id, a table without a caption.
     */
    public List<String> faults() {
        List<String> faults = new ArrayList<>();
        Set<String> ids = new TreeSet<>();
        for (Element element : elements) {
            if (element.hasAttribute("id") && !ids.add(element.getAttribute("id"))) {
                faults.add("two elements have the id " + element.getAttribute("id"));
            }
        }
        for (Element element : elements) {
            NamedNodeMap attributes = element.getAttributes();
            for (int i = 0; i < attributes.getLength(); i++) {
                String name = attributes.item(i).getNodeName();
                String value = attributes.item(i).getNodeValue();
                if (name.startsWith("on")) {
                    faults.add("a handler: " + name);
                }
                if (name.equals("src") && !value.startsWith("data:image/")) {
                    faults.add("loaded from elsewhere: " + value);
                }
                if (name.equals("href") && !value.startsWith("data:,")) {
                    if (!value.startsWith("#")) {
                        faults.add("leads elsewhere: " + value);
                    } else if (!ids.contains(value.substring(1))) {
                        faults.add("leads nowhere: " + value);
                    }
                }
                if (name.startsWith("aria-labelledby")) {
                    for (String id : value.split(" ", -1)) {
                        if (!ids.contains(id)) {
                            faults.add("labelled by nothing: " + id);
                        }
                    }
                }
            }
            switch (element.getTagName()) {
                case "script", "iframe", "object", "embed", "form", "base" ->
                    faults.add("<" + element.getTagName() + ">");
                case "img" -> {
                    if (element.getAttribute("alt").isBlank()) {
                        faults.add("an image without words");
                    }
                }
                case "svg" -> {
                    if (!element.getAttribute("aria-hidden").equals("true")
                            && (element.getElementsByTagName("title").getLength() == 0
                                    || element.getElementsByTagName("desc").getLength() == 0)) {
                        faults.add("a chart without title and description");
                    }
                }
                case "table" -> {
                    if (element.getElementsByTagName("caption").getLength() != 1) {
                        faults.add("a table without a caption");
                    }
                }
                case "style" -> {
                    if (element.getTextContent().matches("(?s).*(url\\(|@import|[<&>]).*")) {
                        faults.add("a style sheet that loads something, or that HTML reads otherwise than XML");
                    }
                }
                default -> {}
            }
        }
        return faults;
    }
}
