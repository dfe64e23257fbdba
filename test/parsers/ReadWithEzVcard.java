import ezvcard.Ezvcard;
import ezvcard.VCard;
import ezvcard.property.RawProperty;
import ezvcard.property.StructuredName;
import ezvcard.property.Telephone;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/** Reads the vCards on standard input with ez-vcard and writes what it understood, one JSON array. */
class ReadWithEzVcard {
  public static void main(String[] args) throws Exception {
    List<String> cards = new ArrayList<>();
    for (VCard card : Ezvcard.parse(System.in).all()) {
      StructuredName n = card.getStructuredName();
      cards.add("{" + String.join(",",
        "\"uid\":" + text(card.getUid().getValue()),
        "\"fn\":" + text(card.getFormattedName().getValue()),
        "\"n\":" + list(part(n.getFamily()), part(n.getGiven()), join(n.getAdditionalNames()), join(n.getPrefixes()), join(n.getSuffixes())),
        "\"org\":" + array(card.getOrganizations().stream().flatMap((o) -> o.getValues().stream()).map((v) -> text(v)).collect(Collectors.toList())),
        "\"title\":" + array(card.getTitles().stream().map((v) -> text(v.getValue())).collect(Collectors.toList())),
        "\"tel\":" + array(card.getTelephoneNumbers().stream().map((v) -> telephone(v)).collect(Collectors.toList())),
        "\"label\":" + array(card.getExtendedProperties("X-ABLabel").stream().map((v) -> label(v)).collect(Collectors.toList())),
        "\"email\":" + array(card.getEmails().stream().map((v) -> text(v.getValue())).collect(Collectors.toList())),
        "\"url\":" + array(card.getUrls().stream().map((v) -> text(v.getValue())).collect(Collectors.toList())),
        "\"adr\":" + array(card.getAddresses().stream().map((a) -> list(part(a.getPoBox()), part(a.getExtendedAddress()), part(a.getStreetAddress()), part(a.getLocality()), part(a.getRegion()), part(a.getPostalCode()), part(a.getCountry()))).collect(Collectors.toList())),
        "\"note\":" + array(card.getNotes().stream().map((v) -> text(v.getValue())).collect(Collectors.toList())),
        "\"photo\":" + array(card.getPhotos().stream().map((v) -> text(Base64.getEncoder().encodeToString(v.getData()))).collect(Collectors.toList()))) + "}");
    }
    System.out.print(array(cards));
  }

  static String telephone(Telephone v) {
    boolean preferred = v.getTypes().stream().anyMatch((type) -> type.getValue().equals("pref")) || v.getPref() != null;
    return array(List.of(text(v.getText()), String.valueOf(preferred), text(part(v.getGroup()))));
  }

  /** ez-vcard leaves the values of properties that it does not know as they are written. */
  static String label(RawProperty v) {
    String value = v.getValue().replaceAll("\\\\([\\\\;,])", "$1");
    return array(List.of(text(value), text(part(v.getGroup()))));
  }

  static String part(String value) { return value == null ? "" : value; }
  static String join(List<String> values) { return String.join(",", values); }
  static String array(List<String> json) { return "[" + String.join(",", json) + "]"; }
  static String list(String... values) {
    List<String> json = new ArrayList<>();
    for (String value : values) json.add(text(value));
    return array(json);
  }

  static String text(String value) {
    StringBuilder json = new StringBuilder("\"");
    for (char c : value.toCharArray()) {
      if (c >= ' ' && c < 127 && c != '"' && c != '\\') json.append(c);
      else json.append(String.format("\\u%04x", (int) c));
    }
    return json.append('"').toString();
  }
}
