package javax.annotation;

/** Stands in for the annotation of javax.annotation-api, which marks generated classes and does nothing. */
public @interface Generated {
    String[] value();

    String date() default "";

    String comments() default "";
}
