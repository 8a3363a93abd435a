package io.swinlake.report;

import java.io.StringWriter;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * Writes elements, attributes and text; whatever the text is, it stays text. The result is HTML that is also well-formed XML.
 * Characters that neither allows, such as controls in the name of a file, become U+FFFD.
 */
final class Markup {
    private final StringWriter target = new StringWriter();
    private final XMLStreamWriter writer;

    /** Begins a page. */
    Markup() {
        try {
            writer = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(target);
            writer.writeDTD("<!DOCTYPE html>");
        } catch (XMLStreamException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes to a string fail for wrong calls only. */
    private interface Step {
        void run() throws XMLStreamException;
    }

    private Markup step(Step step) {
        try {
            step.run();
            return this;
        } catch (XMLStreamException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Opens an element.
     *
     * @param attributes names and values by turns
     */
    Markup open(String element, String... attributes) {
        return step(() -> {
            writer.writeStartElement(element);
            writeAttributes(attributes);
        });
    }

    /** Opens an element on a line of its own. */
    Markup block(String element, String... attributes) {
        return text("\n").open(element, attributes);
    }

    Markup close() {
        return step(writer::writeEndElement);
    }

    /** An element without content that HTML does not close: img, meta and the like, and those of SVG. */
    Markup empty(String element, String... attributes) {
        return step(() -> {
            writer.writeEmptyElement(element);
            writeAttributes(attributes);
        });
    }

    Markup text(String text) {
        return step(() -> writer.writeCharacters(clean(text)));
    }

    /** An element with text. */
    Markup leaf(String element, String text, String... attributes) {
        return open(element, attributes).text(text).close();
    }

    /** Text from the data: set apart, so that its writing direction cannot turn what stands beside it. */
    Markup foreign(String text) {
        return leaf("bdi", text);
    }

    private void writeAttributes(String... attributes) throws XMLStreamException {
        for (int i = 0; i < attributes.length; i += 2) {
            writer.writeAttribute(attributes[i], clean(attributes[i + 1]));
        }
    }

    /** XML 1.0, production 2, less the controls that HTML calls errors. */
    private static String clean(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            boolean control = c < 0x20 ? c != '\n' && c != '\t' : c >= 0x7F && c < 0xA0;
            boolean surrogate = c >= 0xD800 && c <= 0xDFFF;
            boolean noCharacter = (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
            clean.appendCodePoint(control || surrogate || noCharacter ? 0xFFFD : c);
        });
        return clean.toString();
    }

    /** The page so far. */
    @Override
    public String toString() {
        step(writer::flush);
        return target.toString();
    }
}
