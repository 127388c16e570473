//! What each code says in Finnish, Swedish and English.

use kernel::ErrorCode as Code;

/// The sentences of a code; `texts` puts values into their placeholders.
#[expect(clippy::too_many_lines, reason = "a table of sentences")]
pub(super) fn sentences(code: Code) -> [&'static str; 3] {
    match code {
        Code::Unauthenticated => [
            "Kirjaudu sisään ja yritä uudelleen.",
            "Logga in och försök igen.",
            "Sign in and try again.",
        ],
        Code::Forbidden => [
            "Sinulla ei ole oikeutta tähän. Pyydä oikeutta kaupungin tai yrityksen pääkäyttäjältä.",
            "Du har inte rätt att göra detta. Be om rätten av stadens eller företagets huvudanvändare.",
            "You may not do this. Ask an administrator of the city or the company for the right.",
        ],
        Code::RateLimited => [
            "Liian monta yritystä. Yritä uudelleen {retryAfterSeconds} sekunnin kuluttua.",
            "För många försök. Försök igen om {retryAfterSeconds} sekunder.",
            "Too many tries. Try again in {retryAfterSeconds} seconds.",
        ],
        Code::Unavailable => [
            "Palvelu ei juuri nyt vastaa. Yritä hetken kuluttua uudelleen samalla pyynnöllä.",
            "Tjänsten svarar inte just nu. Försök igen om en stund med samma begäran.",
            "The service cannot answer just now. Send the same request again in a moment.",
        ],
        Code::Internal => [
            "Palvelussa tapahtui virhe. Ilmoita virhetunnus tukeen.",
            "Ett fel inträffade i tjänsten. Meddela felkoden till supporten.",
            "The service failed. Tell the error id to support.",
        ],
        Code::NotFound => [
            "Kohdetta ei löydy. Tarkista tunniste.",
            "Objektet hittades inte. Kontrollera identifieraren.",
            "There is no such thing. Check the id.",
        ],
        Code::Required => ["Täytä tämä kenttä.", "Fyll i detta fält.", "Fill in this field."],
        Code::TooLong => [
            "Lyhennä teksti enintään {max} merkkiin.",
            "Förkorta texten till högst {max} tecken.",
            "Shorten the text to at most {max} characters.",
        ],
        Code::ControlCharacters => [
            "Poista tekstistä ohjausmerkit.",
            "Ta bort styrtecknen ur texten.",
            "Remove the control characters from the text.",
        ],
        Code::OutOfRange => [
            "Anna arvo väliltä {min}–{max}.",
            "Ange ett värde mellan {min} och {max}.",
            "Give a value from {min} to {max}.",
        ],
        Code::InvalidFormat => [
            "Arvo ei ole oikeassa muodossa. Tarkista kirjoitusasu.",
            "Värdet har inte rätt form. Kontrollera stavningen.",
            "The value is not of the right form. Check its spelling.",
        ],
        Code::InvalidId => [
            "Tunniste on virheellinen tai toisenlaisen kohteen.",
            "Identifieraren är felaktig eller hör till ett annat slags objekt.",
            "The id is malformed or names another kind of thing.",
        ],
        Code::SwedishMissing => [
            "Lisää ruotsinkielinen teksti: kaupunki on kaksikielinen.",
            "Lägg till en svensk text: staden är tvåspråkig.",
            "Add a Swedish text: the city is bilingual.",
        ],
        Code::TooManyItems => [
            "Luettelossa saa olla enintään {max} riviä.",
            "Listan får ha högst {max} rader.",
            "The list may have at most {max} items.",
        ],
        Code::AlreadyExists => ["Tämä on jo olemassa.", "Detta finns redan.", "This exists already."],
        Code::Conflict => [
            "Joku muu on muuttanut tietoja. Hae uusin versio ja tee muutos siihen.",
            "Någon annan har ändrat uppgifterna. Hämta den senaste versionen och ändra den.",
            "Somebody else has changed this. Fetch the newest version and change that.",
        ],
        Code::NotAllowedInState => [
            "Tätä ei voi tehdä nykyisessä tilassa. Katso sallitut toiminnot.",
            "Detta kan inte göras i nuvarande läge. Se tillåtna åtgärder.",
            "This cannot be done in the present state. See the allowed actions.",
        ],
        Code::KeyReused => [
            "Tunnistetta (idempotencyKey) on käytetty toiseen pyyntöön. Luo uusi tunniste.",
            "Nyckeln (idempotencyKey) har använts för en annan begäran. Skapa en ny nyckel.",
            "The idempotency key was used for another request. Make a new key.",
        ],
        Code::FourEyes => [
            "Toisen henkilön on tehtävä tämä vaihe.",
            "En annan person måste göra detta steg.",
            "Another person has to do this step.",
        ],
        Code::WeakPassword => [
            "Salasana on liian lyhyt tai liian yleinen. Valitse vähintään 8 merkin salasana, jota muut eivät arvaa.",
            "Lösenordet är för kort eller för vanligt. Välj ett lösenord på minst 8 tecken som andra inte gissar.",
            "The password is too short or too common. Choose one of at least 8 characters that others will not guess.",
        ],
        Code::WrongCredentials => [
            "Sähköposti tai salasana on väärin.",
            "E-postadressen eller lösenordet är fel.",
            "The address or the password is wrong.",
        ],
        Code::InvalidToken => [
            "Linkki tai tunniste on käytetty tai vanhentunut. Pyydä uusi.",
            "Länken eller koden är använd eller har gått ut. Be om en ny.",
            "The link or token is used or has expired. Ask for a new one.",
        ],
        Code::NotVerified => [
            "Vahvista ensin sähköpostiosoite siihen lähetetyllä linkillä.",
            "Bekräfta först e-postadressen med länken som skickats till den.",
            "Verify the e-mail address first with the link sent to it.",
        ],
        Code::InvalidBusinessId => [
            "Y-tunnus on virheellinen. Tarkista numerot ja tarkistusmerkki.",
            "FO-numret är felaktigt. Kontrollera siffrorna och kontrolltecknet.",
            "The business id is wrong. Check its digits and its check digit.",
        ],
        Code::InvalidIban => [
            "Tilinumero (IBAN) on virheellinen. Tarkista numerot.",
            "Kontonumret (IBAN) är felaktigt. Kontrollera siffrorna.",
            "The account number (IBAN) is wrong. Check its digits.",
        ],
        Code::AccountNotInSepa => [
            "Tili on maassa, johon ei voi maksaa SEPA-maksua. Anna tili, joka on SEPA-alueella.",
            "Kontot finns i ett land dit SEPA-betalningar inte når. Ange ett konto inom SEPA-området.",
            "The account lies in a country that SEPA payments do not reach. Name an account inside the SEPA area.",
        ],
        Code::SameAccount => [
            "Yritykselle maksetaan jo tälle tilille. Anna toinen tilinumero.",
            "Företaget får redan sina betalningar till detta konto. Ange ett annat kontonummer.",
            "The company is paid to this account already. Name another account.",
        ],
        Code::InvalidVoucherNumber => [
            "Palvelusetelin numero on virheellinen. Tarkista sen 16 merkkiä.",
            "Servicesedelns nummer är felaktigt. Kontrollera dess 16 tecken.",
            "The number of the voucher is wrong. Check its 16 characters.",
        ],
        Code::InvalidGrantFile => [
            "Luettelossa on virheellisiä rivejä. Korjaa ne ja lähetä luettelo uudelleen.",
            "Förteckningen har felaktiga rader. Rätta dem och skicka förteckningen på nytt.",
            "Lines of the list are wrong. Correct them and send the list again.",
        ],
        Code::InvalidAttachment => [
            "Tiedosto ei ole ehjä PDF-, PNG- tai JPEG-tiedosto. Tallenna se uudelleen jossakin näistä muodoista ja lähetä se.",
            "Filen är inte en hel PDF-, PNG- eller JPEG-fil. Spara den på nytt i något av dessa format och skicka den.",
            "The file is no whole PDF, PNG or JPEG. Save it again in one of these forms and send it.",
        ],
        Code::VoucherInUse => [
            "Palveluseteliä on jo käytetty tai siitä on varattu rahaa. Peru ensin varaukset.",
            "Servicesedeln har redan använts eller har reserveringar. Avboka först bokningarna.",
            "The voucher has been used or bookings hold money of it. Cancel the bookings first.",
        ],
        Code::BudgetExceeded => [
            "Ohjelman määräraha ei riitä.",
            "Programmets anslag räcker inte till.",
            "The budget of the programme does not cover this.",
        ],
        Code::InsufficientBalance => [
            "Saldo ei riitä. Tarkista palvelusetelin saldo.",
            "Saldot räcker inte till. Kontrollera servicesedelns saldo.",
            "The balance does not cover this. Check the balance of the voucher.",
        ],
        Code::TooFewVisits => [
            "Palvelusetelillä on jäljellä {left} käyntiä, ja varaus vie {needed}. Varaa vähemmän tai pyydä kaupungilta lisää.",
            "Servicesedeln har {left} besök kvar, och bokningen tar {needed}. Boka färre eller be staden om fler.",
            "The voucher has {left} visits left, and the booking takes {needed}. Book fewer or ask the city for more.",
        ],
        Code::TooFewHours => [
            "Palvelusetelillä on jäljellä {left}, ja varaus vie {needed}. Varaa lyhyempi aika tai pyydä kaupungilta lisää.",
            "Servicesedeln har {left} kvar, och bokningen tar {needed}. Boka en kortare tid eller be staden om mer.",
            "The voucher has {left} left, and the booking takes {needed}. Book a shorter time or ask the city for more.",
        ],
        Code::SoldOut => [
            "Paikkoja ei ole jäljellä. Valitse toinen aika.",
            "Det finns inga platser kvar. Välj en annan tid.",
            "No places are left. Choose another time.",
        ],
        Code::PriceAboveCeiling => [
            "Hinta ylittää ohjelman enimmäishinnan, joka on {ceiling} €.",
            "Priset överstiger programmets högsta pris, som är {ceiling} €.",
            "The price is above the ceiling of the programme, which is {ceiling} €.",
        ],
        Code::PriceAboveValue => [
            "Hinta ylittää palvelusetelin arvon {value} €, eikä maksuttomasta palvelusta saa jäädä maksettavaa. Valitse \
             edullisempi palvelu.",
            "Priset överstiger servicesedelns värde {value} €, och för en avgiftsfri tjänst får inget återstå att betala. \
             Välj en förmånligare tjänst.",
            "The price is above the value of the voucher, {value} €, and a free service may leave nothing to pay. Choose \
             a cheaper one.",
        ],
        Code::NoTermsInForce => [
            "Ohjelmalla ei ole voimassa olevia ehtoja tuona päivänä. Valitse toinen päivä.",
            "Programmet har inga gällande villkor den dagen. Välj en annan dag.",
            "The programme has no terms in force on that day. Choose another day.",
        ],
        Code::PeriodsOverlap => [
            "Ajanjakso on päällekkäin toisten ehtojen kanssa. Päätä ensin aiemmat ehdot.",
            "Perioden överlappar andra villkor. Avsluta de tidigare villkoren först.",
            "The period overlaps other terms. End the earlier ones first.",
        ],
        Code::InvalidRule => [
            "Arvosäännön kohta ei sovi muihin ({reason}). Korjaa se.",
            "Värderegelns punkt passar inte ihop med de andra ({reason}). Rätta den.",
            "This part of the value rule does not fit the others ({reason}). Correct it.",
        ],
        Code::NotApproved => [
            "Yrityksellä ei ole voimassa olevaa hyväksyntää tähän ohjelmaan.",
            "Företaget har inget gällande godkännande för detta program.",
            "The company has no approval in force for this programme.",
        ],
        Code::OtherServiceClass => [
            "Ohjelmat kuuluvat eri palveluluokkiin. Valitse ohjelma, jonka palveluluokka on sama.",
            "Programmen hör till olika serviceklasser. Välj ett program i samma serviceklass.",
            "The programmes are of different service classes. Choose one of the same service class.",
        ],
        Code::NotEligible => [
            "Palveluseteli ei kelpaa tähän palveluun tai tähän aikaan.",
            "Servicesedeln gäller inte för denna tjänst eller denna tid.",
            "The voucher is not valid for this service or this time.",
        ],
        Code::TooLate => [
            "Määräaika on mennyt.",
            "Tidsfristen har gått ut.",
            "The deadline has passed.",
        ],
        Code::TooEarly => [
            "Tätä ei voi tehdä vielä.",
            "Detta kan inte göras ännu.",
            "This cannot be done yet.",
        ],
        Code::WrongCode => [
            "Koodi on väärin. Pyydä asiakasta näyttämään varauksen koodi.",
            "Koden är fel. Be kunden visa bokningens kod.",
            "The code is wrong. Ask the customer to show the code of the booking.",
        ],
        Code::RequirementsOpen => [
            "Edellytyksiä on avoinna tai hylätty: {requirements}. Käsittele ne ensin.",
            "Krav är öppna eller underkända: {requirements}. Behandla dem först.",
            "Requirements are open or refused: {requirements}. Review them first.",
        ],
        Code::NotHeard => [
            "Yritystä on kuultava ensin. Avaa kuuleminen ja odota vastausta tai määräpäivän päättymistä.",
            "Företaget ska höras först. Öppna ett hörande och vänta på svaret eller tills tidsfristen har gått ut.",
            "The company has to be heard first. Open a hearing and wait for its answer or the end of its last day.",
        ],
        Code::NotToBeStored => [
            "Rikosrekisteriotetta vain näytetään, siitä ei tallenneta mitään (laki 504/2002). Jätä kenttä tyhjäksi.",
            "Straffregisterutdraget visas bara, inget av det lagras (lag 504/2002). Lämna fältet tomt.",
            "An extract of the criminal record is shown, nothing of it is stored (Act 504/2002). Leave the field empty.",
        ],
        Code::CodeLocked => [
            "Liian monta väärää koodia. Pyydä asiakasta uusimaan varauksen koodi.",
            "För många felaktiga koder. Be kunden förnya bokningens kod.",
            "Too many wrong codes. Ask the customer to renew the code of the booking.",
        ],
        Code::NothingToSettle => [
            "Kaudella ei ole maksettavia toimituksia.",
            "Det finns inga leveranser att betala för perioden.",
            "There are no deliveries to pay in this period.",
        ],
        Code::InvalidBankFile => [
            "Pankin tiedostoa ei voi lukea: {reason}",
            "Bankens fil kan inte läsas: {reason}",
            "The bank's file cannot be read: {reason}",
        ],
        Code::DuplicateFile => [
            "Tiedosto on jo luettu.",
            "Filen har redan lästs in.",
            "The file was taken in before.",
        ],
        Code::WrongAge => [
            "Henkilön ikä ei salli tätä. Alaikäisen puolesta toimii huoltaja, täysi-ikäinen voi antaa valtuuden.",
            "Personens ålder tillåter inte detta. För en minderårig handlar vårdnadshavaren, en myndig kan ge en fullmakt.",
            "The age of the person does not allow this. A guardian acts for a minor, an adult can give a mandate.",
        ],
        Code::VisitLimitReached => [
            "Ohjelmassa voi varata enintään {max} käyntiä tälle ajalle. Valitse myöhempi aika tai peru toinen varaus.",
            "Programmet tillåter högst {max} besök under perioden. Välj en senare tid eller avboka en annan bokning.",
            "The programme allows at most {max} visits in this period. Choose a later time or cancel another booking.",
        ],
        Code::BookingsOverlap => [
            "Sinulla on jo varaus samaan aikaan. Valitse toinen aika tai peru aiempi varaus.",
            "Du har redan en bokning för samma tid. Välj en annan tid eller avboka den tidigare.",
            "You have another booking for the same time. Choose another time or cancel the earlier booking.",
        ],
        Code::BudgetCommitted => [
            "Määrärahasta on jo luvattu tai varattu enemmän. Anna suurempi summa tai peru ensin seteleitä.",
            "Mer av anslaget har redan utlovats eller bokats. Ange ett större belopp eller återkalla först sedlar.",
            "More of the budget is promised or booked already. Give a larger amount, or revoke vouchers first.",
        ],
        Code::EligibilityUnknown => [
            "Ohjelman edellytyksestä ei ole kirjattua tietoa. Kirjaa perusteet, joilla edellytys täyttyy.",
            "Det finns ingen antecknad uppgift om ett villkor i programmet. Anteckna på vilka grunder villkoret uppfylls.",
            "Nothing is recorded about a condition of the programme. Record the grounds on which it is met.",
        ],
        Code::ConsentMissing => [
            "Ohjelma edellyttää lapsen kaikkien huoltajien suostumusta, ja jonkun suostumus puuttuu. Pyydä huoltajaa antamaan se hakemukselle.",
            "Programmet kräver samtycke av alla barnets vårdnadshavare, och någons samtycke saknas. Be vårdnadshavaren ge det för ansökan.",
            "The programme asks for the consent of every guardian of the child, and one is missing. Ask the guardian to give it for the application.",
        ],
        Code::NeedsGuardian => [
            "Alaikäinen ei voi tehdä tätä yksin. Pyydä huoltajaa varaamaan puolestasi.",
            "En minderårig kan inte göra detta ensam. Be din vårdnadshavare boka för dig.",
            "A minor cannot do this alone. Ask your guardian to book for you.",
        ],
    }
}
