package org.apache.http.entity.mime;

import java.io.File;
import org.apache.http.HttpEntity;

/** Stands in for httpmime's, so that the upload of a picture compiles; it is not tried from Java. */
public final class MultipartEntityBuilder {
    public static MultipartEntityBuilder create() {
        return new MultipartEntityBuilder();
    }

    public MultipartEntityBuilder addBinaryBody(String name, File file) {
        return this;
    }

    public MultipartEntityBuilder addTextBody(String name, String text) {
        return this;
    }

    public HttpEntity build() {
        throw new UnsupportedOperationException();
    }
}
